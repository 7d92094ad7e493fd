"""``careloop import``: a helpdesk's export, or a list of opted-out clients, as events."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from infra.broker import Publisher
from infra.cli.console import errors, out
from infra.clock import utc_now
from infra.helpdesk import importing, mapping_file, rows
from infra.helpdesk.importing import Import
from infra.helpdesk.mapping import AuditLog, Mapping
from infra.local.session import embedded
from infra.settings import Settings
from schemas.errors import InputError

File = Annotated[Path, typer.Argument(help="the export, webhook log, or list")]
MappingName = Annotated[
    str,
    typer.Option("--mapping", metavar="MAP", help="a mapping file, or servicenow-audit or opted-out"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="read and count; send nothing")]


def command(file: File, mapping_name: MappingName, dry_run: DryRun = False) -> None:
    """A helpdesk's export, or a list of opted-out clients, as events; again, it changes nothing."""
    settings = Settings.load()
    rules = mapping_file.load(mapping_name)
    with _progress() as bars:
        found = importing.read(file, rules, utc_now(), _bar(bars, "reading, characters"))
        refused = importing.write_refused(settings.home, file.name, found.refused)
        if len(found.refused) == found.rows:
            why = found.refused[0].reason
            raise InputError(f"{file}: every row was refused, the first because {why}; see {refused}")
        if not dry_run:
            with embedded(settings, "kafka") as connected, Publisher(connected) as publisher:
                importing.deliver(publisher, found.events, _bar(bars, "sending, events"))
    _summarise(file, rules, found, refused, dry_run)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=errors)


def _bar(bars: Progress, label: str) -> rows.Progress:
    task = bars.add_task(label, total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


def _summarise(file: Path, rules: Mapping, found: Import, refused: Path | None, dry_run: bool) -> None:
    out.print(f"{file.name} as {rules.source}", highlight=False, markup=False, soft_wrap=True)
    table = Table("what", "count")
    counts = {"rows": found.rows}
    if isinstance(rules, AuditLog):
        counts |= {"tickets": found.tickets, "resolutions": found.resolutions, "reopens": found.reopens}
    counts |= {"events" if dry_run else "events sent": len(found.events), "rejected rows": len(found.refused)}
    for name, count in counts.items():
        table.add_row(name, str(count))
    out.print(table)
    if isinstance(rules, AuditLog) and not found.resolutions:
        states = ", ".join(f"{name or '(none)'} {count}" for name, count in found.states.most_common(8))
        _warn(f"no row is in a resolved state; the rows' states are: {states}")
    if refused is not None:
        _warn(f"rejected rows, each with its reason: {refused}")


def _warn(text: str) -> None:
    errors.print(text, style="yellow", highlight=False, markup=False, soft_wrap=True)
