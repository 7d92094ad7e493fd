"""From the ledger's rows to what the rules know. Reads only.

Called by the sender (one ask, under its client's lock) and by whoever looks at all undecided ones.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from careloop.checkins.facts import LedgerView, Resolution, Wishes
from infra.ledger.models import AskRow, AskState, PreferenceRow, ReopenRow, ResolutionRow
from schemas.events import QuietHours

ASKED = (AskState.CLAIMED, AskState.SENT, AskState.IN_DOUBT)
"""states in which the client was asked, or may have been"""

_FIELDS = tuple(Resolution.__dataclass_fields__)
_AT_ONCE = 500
"""parameters of one IN list, far below every database's limit"""


def undecided(
    session: Session, programmes: Collection[str], since: datetime | None = None
) -> list[Resolution]:
    """Resolutions that at least one of the programmes has not decided about, resolved from ``since`` on."""
    decided = (
        select(func.count())
        .where(
            AskRow.ticket_id == ResolutionRow.ticket_id,
            AskRow.seq == ResolutionRow.seq,
            AskRow.programme.in_(programmes),
            AskRow.state != AskState.PLANNED,
        )
        .scalar_subquery()
    )
    wanted = select(ResolutionRow).where(decided < len(programmes))
    if since is not None:
        wanted = wanted.where(ResolutionRow.resolved_at >= since)
    ordered = wanted.order_by(ResolutionRow.resolved_at, ResolutionRow.ticket_id, ResolutionRow.seq)
    return [_resolution(row) for row in session.scalars(ordered)]


def one(session: Session, ticket_id: str, seq: int) -> Resolution | None:
    """This resolution, as the ledger knows it now."""
    row = session.get(ResolutionRow, (ticket_id, seq), populate_existing=True)
    return None if row is None else _resolution(row)


def view(session: Session, resolutions: Iterable[Resolution]) -> LedgerView:
    """All the ledger knows that bears on ``resolutions``."""
    listed = list(resolutions)
    tickets = {resolution.ticket_id for resolution in listed}
    clients = {resolution.client_id for resolution in listed}
    asks = _asks(session, tickets, clients)
    asked = [ask for ask in asks if ask.state in ASKED]
    return LedgerView(
        wishes=_wishes(session, clients),
        undone=_undone(session, tickets),
        decided={ask.checkin_id for ask in asks if ask.state != AskState.PLANNED},
        not_before={
            ask.checkin_id: ask.due_at
            for ask in asks
            if ask.state == AskState.PLANNED and ask.due_at is not None
        },
        asked_tickets={ask.ticket_id for ask in asked if ask.ticket_id is not None},
        last_asked=_last_asked(asked),
    )


def _asks(session: Session, tickets: Collection[str], clients: Collection[str]) -> list[AskRow]:
    found: dict[str, AskRow] = {}
    for column, values in ((AskRow.ticket_id, tickets), (AskRow.client_id, clients)):
        for some in _chunks(values):
            query = select(AskRow).where(column.in_(some)).execution_options(populate_existing=True)
            found |= {ask.checkin_id: ask for ask in session.scalars(query)}
    return list(found.values())


def _last_asked(asked: Iterable[AskRow]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for ask in asked:
        moment = ask.decided_at if ask.state == AskState.SENT else ask.claimed_at
        if moment is not None:
            last[ask.client_id] = max(moment, last.get(ask.client_id, moment))
    return last


def _wishes(session: Session, clients: Collection[str]) -> dict[str, Wishes]:
    fields: dict[str, dict[str, Any]] = {}
    for some in _chunks(clients):
        for row in session.scalars(select(PreferenceRow).where(PreferenceRow.client_id.in_(some))):
            if row.field in Wishes.__dataclass_fields__:
                fields.setdefault(row.client_id, {})[row.field] = msgspec.json.decode(row.value)
    return {client: _wish(known) for client, known in fields.items()}


def _wish(known: dict[str, Any]) -> Wishes:
    quiet = known.get("quiet_hours")
    return Wishes(
        time_zone=known.get("time_zone"),
        locale=known.get("locale"),
        days=known.get("days"),
        quiet_hours=msgspec.convert(quiet, QuietHours) if quiet is not None else None,
        programmes=known.get("programmes"),
        opted_out=bool(known.get("opted_out")),
    )


def _undone(session: Session, tickets: Collection[str]) -> dict[str, int]:
    """By ticket: the highest resolution that was reopened, or that a later resolution followed."""
    undone: dict[str, int] = {}
    later = aliased(ResolutionRow)
    for some in _chunks(tickets):
        reopened = select(ReopenRow.ticket_id, func.max(ReopenRow.seq)).group_by(ReopenRow.ticket_id)
        followed = select(later.ticket_id, func.max(later.seq) - 1).group_by(later.ticket_id)
        for query, column in ((reopened, ReopenRow.ticket_id), (followed, later.ticket_id)):
            for ticket, seq in session.execute(query.where(column.in_(some))):
                undone[ticket] = max(seq, undone.get(ticket, 0))
    return undone


def asks_about(session: Session, ticket_id: str | None, client_id: str | None) -> list[AskRow]:
    """Recorded decisions about a ticket or client, the newest first."""
    wanted: list[ColumnElement[bool]] = []
    if ticket_id:
        wanted.append(AskRow.ticket_id == ticket_id)
    if client_id:
        wanted.append(AskRow.client_id == client_id)
    if not wanted:
        return []
    newest = func.coalesce(AskRow.decided_at, AskRow.claimed_at).desc()
    return list(session.scalars(select(AskRow).where(or_(*wanted)).order_by(newest, AskRow.checkin_id)))


def in_doubt(session: Session) -> list[AskRow]:
    """Asks of which nobody knows whether the message left: for a person to look at."""
    query = select(AskRow).where(AskRow.state == AskState.IN_DOUBT)
    return list(session.scalars(query.order_by(AskRow.claimed_at, AskRow.checkin_id)))


def _resolution(row: ResolutionRow) -> Resolution:
    return Resolution(**{name: getattr(row, name) for name in _FIELDS})


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    left = iter(sorted(values))
    while some := list(islice(left, _AT_ONCE)):
        yield some
