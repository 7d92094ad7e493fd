"""``careloop preview``: who would be asked when, with which words, and who would not, and why."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from careloop.checkins.preview import Foreseen, Outlook, Recorded, look_ahead
from infra.cli.console import errors, out
from infra.clock import utc_now
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import InputError
from schemas.policy import Policy


def command(
    at: Annotated[
        str | None, typer.Option(help="from this moment on, ISO 8601 with an offset; default now")
    ] = None,
    hours: Annotated[float, typer.Option(min=0, max=24 * 366, help="how far to look ahead")] = 24,
    ticket: Annotated[str | None, typer.Option(help="this ticket only, with what was decided before")] = None,
    client: Annotated[str | None, typer.Option(help="this client only, with what was decided before")] = None,
    rows: Annotated[
        int, typer.Option(min=1, help="show at most this many of each kind; all are counted")
    ] = 20,
) -> None:
    """Who would be asked when, with which words, and who would not, and why. Sends and writes nothing.

    Uses the policy file as it is written now: look here before a change counts.
    """
    start = _moment(at)
    with embedded(Settings.load(), "s3", "ledger") as settings, errors.status("Reading what landed …"):
        outlook = look_ahead(
            settings, Bucket.open(settings), start, hours, ticket_id=ticket, client_id=client
        )
    _show(outlook, start, hours, rows)


def _moment(text: str | None) -> datetime:
    if text is None:
        return utc_now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--at {text}: not a moment; write it as 2026-01-31T09:00:00+01:00") from None
    if moment.tzinfo is None:
        raise InputError(f"--at {text}: which zone? write it as {text}+01:00 or {text}Z")
    return moment


def _show(outlook: Outlook, start: datetime, hours: float, rows: int) -> None:
    out.print(f"From {start:%Y-%m-%d %H:%M %Z} on, for {hours:g} hours", highlight=False)
    out.print(_standing(outlook.policy), highlight=False)
    asks = [decision for decision in outlook.decisions if decision.would_send]
    rest = [decision for decision in outlook.decisions if not decision.would_send]
    if asks:
        out.print(_asks(asks[:rows]))
    if rest:
        out.print(_not_asked(rest[:rows]))
    if outlook.recorded:
        out.print(_decided("Decided before", outlook.recorded[:rows]))
    if outlook.in_doubt:
        out.print(_decided("In doubt: may have been sent, never repeated", outlook.in_doubt[:rows]))
    out.print(_summary(outlook), highlight=False)


def _standing(policy: Policy) -> str:
    if policy.live_from is None:
        return "[yellow]Nothing is sent: the policy has no live_from yet. This is what would be sent.[/]"
    if policy.paused:
        return "[yellow]Paused: nothing is sent until the policy says otherwise.[/]"
    return f"Live for tickets resolved from {policy.live_from.isoformat()} on."


def _asks(decisions: Sequence[Foreseen]) -> Table:
    table = _table("Would be asked", "local time", "about", "words")
    for one in decisions:
        waited = f"\n[dim]waited for {one.reason}[/]" if one.reason else ""
        table.add_row(
            f"{one.local:%a %d %b %H:%M}\n[dim]{one.time_zone} ({one.zone_from})[/]",
            _about(one) + waited,
            f"[bold]{escape(one.subject)}[/]\n{escape(one.first_words)}",
        )
    return table


def _not_asked(decisions: Sequence[Foreseen]) -> Table:
    table = _table("Would not be asked in that time", "decision", "about", "until (local)")
    for one in decisions:
        until = f"{one.local:%a %d %b %H:%M}\n" if one.verdict == "deferred" else ""
        table.add_row(
            f"{one.verdict}: {one.reason}", _about(one), f"{until}[dim]{one.time_zone} ({one.zone_from})[/]"
        )
    return table


def _about(one: Foreseen) -> str:
    what = f"{one.ticket_id} #{one.seq}, {one.client_id}"
    return f"{escape(what)}\n[dim]{escape(one.programme)}[/]"


def _decided(title: str, rows: Sequence[Recorded]) -> Table:
    table = _table(title, "when (UTC)", "what", "about")
    for one in rows:
        what = f"{one.ticket_id or '-'} #{one.seq or '-'}, {one.client_id}"
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M}" if one.at else "",
            ": ".join(filter(None, (one.state.replace("_", " "), escape(one.reason)))),
            f"{escape(what)}\n[dim]{escape(one.programme)}[/]",
        )
    return table


def _table(title: str, *columns: str) -> Table:
    """Narrow enough for a terminal of 80 columns: what belongs together stands in one cell."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _summary(outlook: Outlook) -> str:
    counted = Counter(
        decision.verdict if decision.would_send else f"{decision.verdict}: {decision.reason}"
        for decision in outlook.decisions
    )
    parts = [f"{counted.pop('ask', 0)} would be asked"]
    parts += [f"{number} {name}" for name, number in sorted(counted.items())]
    parts.append(f"{len(outlook.in_doubt)} in doubt")
    return " · ".join(parts)
