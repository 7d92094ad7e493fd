"""The partitions that one collector holds now: taken, read, landed, given up.

Between `consumers.source` (Kafka) and `consumers.partition` (one chain each). Errors pass through:
`consumers.collect` decides what they mean.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from consumers.batch import Close, Limits
from consumers.chain import Standing, standings
from consumers.dead_letters import Tolerance
from consumers.decode import Record
from consumers.partition import PartitionCollector
from consumers.source import Partition, Source
from consumers.tally import Tally
from infra.clock import Clock
from infra.landing import current_generation
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import Unavailable

log = logging.getLogger(__name__)

HELD_BYTES_FACTOR = 4
"""all open ranges together hold at most this many times ``flush_bytes``"""


@dataclass
class Holdings:
    """What is ours, and what is ours but not yet begun (`waiting`)."""

    settings: Settings
    bucket: Bucket
    source: Source
    clock: Clock
    held: dict[Partition, PartitionCollector] = field(default_factory=dict)
    waiting: set[Partition] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        age = timedelta(seconds=self.settings.flush_seconds)
        self._limits = Limits(self.settings.flush_rows, self.settings.flush_bytes, age)
        self._tolerance = Tolerance(self.settings.dead_letter_share, self.settings.dead_letter_run)

    def follow(self, assigned: frozenset[Partition]) -> None:
        """Give up what went to somebody else; what is new waits for `start`."""
        for partition in sorted(set(self.held) - assigned):
            self._give_up(partition)
        self.waiting = set(assigned) - set(self.held)

    def _give_up(self, partition: Partition) -> None:
        """Land what we hold: the new owner begins at the end of the chain, and one of us will be first."""
        leaving = self.held.pop(partition)
        if leaving.open.empty:
            return
        try:
            self.tally.count(leaving.land(Close.REVOKED, self.clock()))
        except Unavailable as why:
            log.warning("%s: not landed, its new owner will read it again: %s", leaving.open.chain, why)

    def start(self) -> Mapping[Partition, Standing]:
        """Find where the waiting partitions' chains end, and read on from there."""
        if not self.waiting:
            return {}
        found = standings(self.settings, self.bucket, self.source, self.waiting)
        for partition, standing in found.items():
            standing.check()
            self.held[partition] = PartitionCollector(self.bucket, standing, self._limits, self._tolerance)
            self.source.read_from(partition, standing.read_from)
            log.info("%s: reading on at offset %d of %d", standing.chain, standing.read_from, standing.end)
        self.source.commit({partition: one.link for partition, one in found.items() if one.link})
        self.waiting -= set(found)
        return found

    def take(self, found: Mapping[Partition, Sequence[Record]]) -> bool:
        """Add what was read; whether anything moved. Positions pass control offsets without a record."""
        moved = False
        for partition, holder in self.held.items():
            position = self.source.position(partition)
            if position is None or (partition not in found and position <= holder.open.next):
                continue
            holder.take(found.get(partition, ()), position, self.clock())
            moved = True
        return moved

    def due(self, targets: Mapping[Partition, int]) -> Iterator[tuple[Partition, Close]]:
        """The ranges to land now, and why. A range at its target is closed, however small it is."""
        now = self.clock()
        for partition, holder in list(self.held.items()):
            because = holder.due(now)
            target = targets.get(partition)
            if (
                because is None
                and not holder.open.empty
                and target is not None
                and holder.open.next >= target
            ):
                because = Close.CAUGHT_UP
            if because is not None:
                yield partition, because
        while self._size() > HELD_BYTES_FACTOR * self.settings.flush_bytes:
            yield max(self.held, key=lambda one: self.held[one].open.size), Close.BYTES

    def _size(self) -> int:
        return sum(holder.open.size for holder in self.held.values())

    def land(self, partition: Partition, because: Close) -> None:
        """Make one range durable, then leave the hint; go where the chain ends if another was first."""
        holder = self.held[partition]
        if current_generation(self.bucket, partition.topic) != holder.open.chain.generation:
            self._change_generation(partition)
            return
        outcome = holder.land(because, self.clock())
        self.tally.count(outcome)
        if outcome.read_on_at is not None:
            self.source.read_from(partition, outcome.read_on_at)
        self.source.commit({partition: outcome.landed.link})

    def _change_generation(self, partition: Partition) -> None:
        """A person started the topic again: drop what we hold and begin there."""
        log.warning("%s: a newer generation was started; going over to it", self.held[partition].open.chain)
        self.source.pause([partition])
        del self.held[partition]
        self.waiting.add(partition)

    def landed_to(self, partition: Partition) -> int:
        """Everything before this offset has landed."""
        return self.held[partition].open.first if partition in self.held else 0
