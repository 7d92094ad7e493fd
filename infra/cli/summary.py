"""What the turn ends with: figures, all of them from the published version, and where to look.

It computes nothing: a figure that is not in the version is not shown. Called by `careloop run`.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from careloop.publish import reader
from careloop.publish.manifest import Manifest
from infra.objects import Bucket

Row = dict[str, Any]
_HIDDEN = "[dim]too few clients[/]"


def show(console: Console, bucket: Bucket) -> Manifest:
    """Print the current version's figures."""
    version = reader.latest(bucket)
    console.print(f"\n[bold]Published: version {version.version}[/]", highlight=False, soft_wrap=True)
    for title, about, dataset, make in (
        ("Effort by product", "1 hard to 7 easy, each with its 95 % interval", "effort", _effort),
        ("Response rate by cohort", "AAPOR RR1, once its window has closed", "response", _response),
        ("Asks sent and avoided", "an ask that is not made has its reason", "asks", _asks),
    ):
        console.print(f"\n[bold]{title}[/] [dim]{about}[/]", highlight=False, soft_wrap=True)
        console.print(make(_rows(bucket, version, dataset), version))
    console.print()
    _prompt(console, version)
    _hidden(console, version)
    return version


def _rows(bucket: Bucket, version: Manifest, dataset: str) -> list[Row]:
    rows: list[Row] = reader.table(bucket, dataset, version.version).to_pylist()
    return rows


def _effort(rows: Iterable[Row], version: Manifest) -> Table:
    """The two latest closed weeks, product by product: the running week is too young to be compared."""
    table = Table()
    for name in ("product", "week of", "n", "mean", "share 5 to 7"):
        table.add_column(name, justify="left" if name in ("product", "week of") else "right")
    today = version.started.astimezone(ZoneInfo(version.time_zone)).date()
    wanted = [
        row
        for row in rows
        if (row["period"], row["dimension"], row["scale"]) == ("week", "product", "ces-7")
        and timedelta(days=7) <= today - row["period_start"] < timedelta(days=21)
    ]
    for row in sorted(wanted, key=lambda r: (str(r["member"]), r["period_start"])):
        figures = (_count(row["n"]), _figure(row, "mean"), _share(row, "easy_share"))
        table.add_row(row["member"], str(row["period_start"]), *figures)
    return table


def _response(rows: Iterable[Row], version: Manifest) -> Table:
    table = Table(padding=(0, 0, 0, 1))
    for name in ("week of", "sent", "answered", "opened", "declined", "silent", "rate"):
        table.add_column(name, justify="left" if name == "week of" else "right")
    wanted = [r for r in rows if (r["period"], r["dimension"]) == ("week", "all")]
    for row in sorted(wanted, key=lambda r: str(r["period_start"])):
        counts = (_count(row[name]) for name in ("sent", "responded", "opened", "declined", "silent"))
        table.add_row(str(row["period_start"]), *counts, _share(row, "rr1"))
    return table


def _asks(rows: Iterable[Row], version: Manifest) -> Table:
    table = Table()
    for name in ("what became of it", "reason", "asks"):
        table.add_column(name, justify="right" if name == "asks" else "left")
    wanted = [r for r in rows if r["period"] == "total"]
    for row in sorted(wanted, key=lambda r: (r["disposition"] != "sent", r["disposition"], r["reason"])):
        shown = _HIDDEN if row["asks"] is None else _count(row["asks"])
        table.add_row(row["disposition"], row["reason"], shown)
    return table


def _prompt(console: Console, version: Manifest) -> None:
    if version.prompt is not None:
        words = f"[italic]“{version.prompt.words}”[/]"
        console.print(
            f"This month's prompt ({version.prompt.month}): {words}", highlight=False, soft_wrap=True
        )


def _hidden(console: Console, version: Manifest) -> None:
    """What is not shown, and that it is there."""
    for what, counts in (
        (f"Rows hidden, of fewer than {version.min_clients} clients", version.suppressed),
        ("Events that wait for their group", version.awaiting),
    ):
        named = ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"
        console.print(f"{what}: {named}", highlight=False, soft_wrap=True)


def _count(value: int | None) -> str:
    return "·" if value is None else f"{value:,}"


def _figure(row: Row, name: str) -> str:
    if row[name] is None:
        return _HIDDEN if row["status"] != "published" else "·"
    return f"{row[name]:.2f}" + _interval(row, name, "{:.2f}")


def _share(row: Row, name: str) -> str:
    if row[name] is None:
        return _HIDDEN if row["status"] != "published" else "·"
    return f"{row[name]:.0%}" + _interval(row, name, "{:.0%}")


def _interval(row: Row, name: str, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "" if low is None or high is None else f" ({form.format(low)} to {form.format(high)})"
