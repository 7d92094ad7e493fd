"""One batch of landing: its ranges with each row's place, cut so that a batch fits in memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from careloop.curate.pseudonyms import Pseudonyms
from careloop.curate.rows import Row, typed, utc
from careloop.curate.winners import Copy, Position
from infra.landing import Range
from schemas.errors import CareloopError
from schemas.history import BY_TYPE

MAX_ROWS = 200_000
"""rows of one commit"""


@dataclass
class Batch:
    """Ranges that are curated by one commit."""

    positions: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    newest: datetime | None = None

    def add(self, found: Range) -> None:
        self.positions[str(found.chain)] = found.next
        if found.table.num_rows == 0:
            return
        modified = utc(found.modified)
        self.newest = modified if self.newest is None else max(self.newest, modified)
        chain = found.chain
        place = {"topic": chain.topic, "generation": chain.generation, "partition": chain.partition}
        self.rows += [{**row, **place, "landed_at": modified} for row in found.table.to_pylist()]


def batches(ranges: Iterable[Range], max_rows: int = MAX_ROWS) -> Iterator[Batch]:
    """``ranges`` in batches of about ``max_rows``, never cutting a range."""
    batch = Batch()
    for found in ranges:
        batch.add(found)
        if len(batch.rows) >= max_rows:
            yield batch
            batch = Batch()
    if batch.positions:
        yield batch


def copy_of(row: Mapping[str, Any], ids: Pseudonyms) -> Copy:
    """Identity and place of a landed row."""
    table = BY_TYPE.get(row["ce_type"])
    if table is None:
        raise CareloopError(
            f"landing holds an event of type {row['ce_type']!r}, which this version of careloop "
            "does not know; upgrade it"
        )
    position = Position(row["generation"], row["partition"], row["offset"], row["topic"])
    return Copy(ids.uid(row["ce_source"], row["ce_id"]), position, table.event, day_of(row["ce_time"]))


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def row_of(row: Mapping[str, Any], copy: Copy, also_at: list[str], ids: Pseudonyms) -> Row:
    """The history row of a winner."""
    names = ("ce_time", "topic", "generation", "partition", "offset", "landed_at")
    envelope = {"uid": copy.uid, "source": row["ce_source"], "also_at": also_at or None}
    envelope |= {name: row[name] for name in names}
    return typed(BY_TYPE[row["ce_type"]], row["data"], row["extensions"], ids, envelope)
