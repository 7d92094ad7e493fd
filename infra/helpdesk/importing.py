"""One file and its mapping, as events and a list of what was refused; then to Kafka.

`read` does no more than read the file; `deliver` returns once Kafka has acknowledged every event;
`write_refused` keeps the refused rows under home, never beside the input, which may be a shared or
read-only place. Called by ``careloop import``.
"""

import csv
import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from infra import atomic_file
from infra.broker import Publisher
from infra.helpdesk import opted_out, rows
from infra.helpdesk.audit_log import Tickets
from infra.helpdesk.mapping import AuditLog, Mapping, OptedOut
from infra.helpdesk.rows import Progress, Refused
from schemas.cloudevents import Event
from schemas.events import TicketReopened, TicketResolved

_BATCH = 2_000


@dataclass
class Import:
    """What a file holds."""

    rows: int
    events: list[Event] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tickets: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """how many rows are in each state, to find a misspelt one by"""

    def count(self, event_type: str) -> int:
        return sum(1 for event in self.events if event.type == event_type)

    @property
    def resolutions(self) -> int:
        return self.count(TicketResolved.TYPE)

    @property
    def reopens(self) -> int:
        return self.count(TicketReopened.TYPE)


def read(path: Path, mapping: Mapping, now: datetime, progress: Progress | None = None) -> Import:
    """The events that ``path`` holds, by ``mapping``; `InputError` where the file cannot be read at all."""
    if isinstance(mapping, OptedOut):
        return _opted_out(path, mapping, now, progress)
    return _audit_log(path, mapping, progress)


def _audit_log(path: Path, mapping: AuditLog, progress: Progress | None) -> Import:
    tickets = Tickets(mapping)
    sheet = rows.read(path, mapping.file, tickets.columns(), progress)
    result = Import(rows=sheet.seen, refused=list(sheet.refused))
    for row in sheet.rows:
        try:
            tickets.add(row)
        except ValueError as error:
            result.refused.append(Refused(row.line, str(error), _written(row)))
        else:
            result.states[row.values.get(mapping.states.column, "").strip()] += 1
    result.tickets = len(tickets.changes)
    result.events = list(tickets.events())
    return result


def _opted_out(path: Path, mapping: OptedOut, now: datetime, progress: Progress | None) -> Import:
    sheet = rows.read(path, mapping.file, opted_out.columns(mapping), progress)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    result = Import(rows=sheet.seen, refused=list(sheet.refused))
    for row in sheet.rows:
        try:
            result.events.append(opted_out.opted_out(row, mapping, digest, now))
        except ValueError as error:
            result.refused.append(Refused(row.line, str(error), _written(row)))
    return result


def _written(row: rows.Row) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(f"{name}={text}" for name, text in row.values.items())
    return line.getvalue()


def deliver(publisher: Publisher, events: list[Event], progress: Progress | None = None) -> None:
    """Send all ``events``; returns once every one is acknowledged. Sending them again is harmless."""
    for start in range(0, len(events), _BATCH):
        for one in events[start : start + _BATCH]:
            publisher.send(one)
        publisher.flush()
        if progress is not None:
            progress(min(start + _BATCH, len(events)), len(events))


def write_refused(home: Path, name: str, refused: list[Refused]) -> Path | None:
    """``<home>/rejected/<name>.rejected.csv``, for its owner alone; None, and no file, if none was."""
    path = home / "rejected" / f"{name}.rejected.csv"
    if not refused:
        path.unlink(missing_ok=True)
        return None
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["line", "reason", "row"])
    writer.writerows((one.line, one.reason, one.written) for one in sorted(refused, key=lambda one: one.line))
    atomic_file.write(path, text.getvalue())
    return path
