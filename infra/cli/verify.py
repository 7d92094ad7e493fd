"""``careloop verify``: proves that landing has no gap and no overlap; exit code 1 where it has."""

import typer
from rich import box
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from consumers.verify import ChainReport, Report, verify
from infra.cli.console import errors, out
from infra.clock import utc_now
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings

_NUMBERS = (
    "first", "next", "ranges", "rows", "dead letters",
    "gaps", "overlaps", "damaged",
)  # fmt: skip


def command() -> None:
    """Prove that landing has no gap and no overlap."""
    with (
        embedded(Settings.load(), "s3") as settings,
        Progress(SpinnerColumn(), TextColumn("{task.description}"), console=errors, transient=True) as bars,
    ):
        task = bars.add_task("reading landing", total=None)
        report = verify(
            Bucket.open(settings),
            utc_now(),
            progress=lambda read: bars.update(task, description=f"reading landing: {read} ranges"),
        )
    if not report.chains:
        _say(
            "landing is empty: nothing has been collected yet; `careloop collect --until-caught-up` does that"
        )
        raise typer.Exit(1)
    out.print(_table(report))
    for chain in report.chains:
        for fault in chain.faults:
            _say(f"{chain.chain}: {fault}")
    out.print(_verdict(report), highlight=False)
    if not report.sound:
        raise typer.Exit(1)


def _table(report: Report) -> Table:
    table = Table(
        title="landing, by topic/generation/partition",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=0,  # a console of 80 columns holds it
    )
    table.add_column("partition", no_wrap=True)
    for name in _NUMBERS:
        table.add_column(name, justify="right", min_width=max(map(len, name.split())))
    for found in report.chains:
        table.add_row(*_cells(found), style="red" if found.faults else None)
    return table


def _cells(found: ChainReport) -> list[str]:
    faults = (len(found.gaps), len(found.overlaps), len(found.damaged))
    numbers = (found.first, found.next, found.ranges, found.rows, found.refused, *faults)
    return [str(found.chain).removeprefix("careloop."), *map(str, numbers)]


def _verdict(report: Report) -> str:
    rows = sum(found.rows for found in report.chains)
    refused = sum(found.refused for found in report.chains)
    totals = f"{rows} events ({report.repeated} of them repeat an earlier one), {refused} dead letters"
    if report.sound:
        return f"sound: every offset is in exactly one range; {totals}"
    faults = sum(len(found.faults) for found in report.chains)
    return f"NOT sound: {faults} faults; {totals}"


def _say(text: str) -> None:
    errors.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
