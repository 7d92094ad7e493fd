"""One partition as one collector holds it: takes records, closes ranges, lands them, never repeats one.

Knows the bucket, not Kafka: what it answers says where to read on. Driven by `consumers.collect`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consumers.batch import Close, Limits, OpenRange
from consumers.chain import Standing
from consumers.dead_letters import Tolerance
from consumers.decode import DeadLetter, Record, decode, digest, size
from consumers.land import Landed, land
from infra.objects import Bucket
from schemas.errors import ChainBroken


@dataclass(frozen=True)
class Outcome:
    """What became of a closed range."""

    landed: Landed
    because: Close
    read_on_at: int | None
    """where to seek to, because somebody else landed from here; None: go on as we are"""


class PartitionCollector:
    """The open range of one chain, and what may follow it."""

    def __init__(self, bucket: Bucket, standing: Standing, limits: Limits, tolerance: Tolerance) -> None:
        self._bucket = bucket
        self._limits = limits
        self._tolerance = tolerance
        self.standing = standing
        self._refused_in_a_row = 0
        self.open = self._follow(standing.next)
        if standing.link:
            self.open.saw_link(standing.link)

    def _follow(self, first: int) -> OpenRange:
        return OpenRange(self.standing.chain, first)

    def take(self, records: Sequence[Record], position: int, now: datetime) -> None:
        """Add what was read, and move to ``position``."""
        if records:
            if records[0].offset < self.open.next:
                raise ChainBroken(
                    f"{self.standing.chain}: the broker gave offset {records[0].offset} again after "
                    f"{self.open.next - 1}; nothing of it was landed; start the collector again"
                )
            decoded = [decode(record) for record in records]
            for one in decoded:
                self._refused_in_a_row = self._refused_in_a_row + 1 if isinstance(one, DeadLetter) else 0
                self._tolerance.check_run(self.standing.chain, self._refused_in_a_row, one)
            self.open.add(decoded, sum(map(size, records)), now)
            self.open.saw(records[-1].offset, digest(records[-1]))
            position = max(position, records[-1].offset + 1)
        self.open.advance(position, now)

    def due(self, now: datetime) -> Close | None:
        return self.open.due(self._limits, now)

    def land(self, because: Close, now: datetime) -> Outcome:
        """Close the open range and make it durable; `Unavailable` leaves it open, to be tried again."""
        closed = self.open
        self._tolerance.check_share(closed.chain, len(closed.rows), closed.letters)
        landed = land(self._bucket, closed, self.standing.origin, now)
        self._same_topic(landed)
        self.standing = replace(self.standing, link=landed.link)
        self.open = self._follow(landed.link.next)
        self.open.saw_link(landed.link)
        return Outcome(landed, because, None if landed.link.next == closed.next else landed.link.next)

    def _same_topic(self, landed: Landed) -> None:
        """Whoever was first must have read the same topic: two clusters must not share a chain."""
        link = landed.link
        fault = replace(self.standing, link=link, beginning=0, end=link.next, last_digest=None).fault
        if fault is not None:
            raise ChainBroken(f"{landed.link.key} was written by a collector of another topic: {fault}")
