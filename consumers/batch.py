"""An open range of one partition: what was read and not yet landed, and when to close it.

Pure: no Kafka, no bucket, no clock of its own. Held by `consumers.collect`, landed by `consumers.land`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import pyarrow as pa

from consumers.decode import DeadLetter, Row
from schemas.keys import ChainId
from schemas.ranges import Link
from schemas.tables import LANDING


class Close(StrEnum):
    """Why a range was closed; every reason is counted."""

    ROWS = "rows"
    BYTES = "bytes"
    AGE = "age"
    SHUTDOWN = "shutdown"
    CAUGHT_UP = "caught-up"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Limits:
    """When a range is closed: whichever comes first."""

    rows: int
    size: int
    age: timedelta


@dataclass
class OpenRange:
    """``[first, next)`` of one chain, as far as it has been read."""

    chain: ChainId
    first: int
    last_offset: int | None = None
    """the last record seen, in this range or before it"""
    last_digest: str = ""
    next: int = field(init=False)
    rows: list[Row] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    size: int = 0
    opened_at: datetime | None = None
    """when its first offset was read; None while it is empty"""

    def __post_init__(self) -> None:
        self.next = self.first

    def add(self, decoded: Sequence[Row | DeadLetter], size: int, now: datetime) -> None:
        """Take decoded records, in offset order, ``size`` bytes of them."""
        for one in decoded:
            if isinstance(one, DeadLetter):
                self.letters.append(one)
            else:
                self.rows.append(one)
        self.size += size
        self.opened_at = self.opened_at or now

    def saw(self, offset: int, digest: str) -> None:
        """Remember the last record, which a later start fetches again to know the topic by."""
        self.last_offset, self.last_digest = offset, digest

    def saw_link(self, link: Link) -> None:
        """The last record is one of the range before: a range without events passes it on."""
        self.last_offset, self.last_digest = link.last_offset, link.last_digest

    def advance(self, position: int, now: datetime) -> None:
        """The consumer's position moved: control and compacted offsets belong to the range too."""
        if position > self.next:
            self.next = position
            self.opened_at = self.opened_at or now

    @property
    def empty(self) -> bool:
        """Nothing was read: there is no range to land yet."""
        return self.next == self.first

    def due(self, limits: Limits, now: datetime) -> Close | None:
        """Why the range should be closed now; None while it may stay open."""
        if self.empty or self.opened_at is None:
            return None
        if len(self.rows) + len(self.letters) >= limits.rows:
            return Close.ROWS
        if self.size >= limits.size:
            return Close.BYTES
        if now - self.opened_at >= limits.age:
            return Close.AGE
        return None


def to_table(rows: Sequence[Row]) -> pa.Table:
    """Rows of landing as a table of `schemas.tables.LANDING`."""
    if not rows:
        return LANDING.empty_table()
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, LANDING, strict=True)], schema=LANDING
    )
