"""Finds where a partition's chain ends, and whether the broker still has the topic it was read from.

The end is found in the bucket (`infra.landing.last_link`); the commit is only a hint. The last record
that was landed is fetched again, where it is still retained: if it is another one, the broker lost data
and used its offsets again, or the topic is another topic under the same name. Never skips silently.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from consumers.decode import digest
from consumers.land import Origin
from consumers.outcomes import sorted_errors
from consumers.source import Partition, Source
from infra.broker import consumer
from infra.landing import current_generation, last_link
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import ChainBroken, Unavailable
from schemas.keys import ChainId
from schemas.ranges import Link

_FETCH_SECONDS = 20.0


class Fault(StrEnum):
    """Why a chain cannot go on."""

    AHEAD = "landing is ahead of the broker, which has lost its last records"
    DIFFERS = "the broker's record is not the one that was landed: it lost data and used offsets again"
    EXPIRED = "the broker has deleted records that were never landed"
    OTHER_CLUSTER = "this is another Kafka cluster than the one the chain was read from"
    OTHER_TOPIC = "the topic was deleted and made again"


@dataclass(frozen=True)
class Standing:
    """A chain's end beside what the broker has."""

    chain: ChainId
    link: Link | None
    """the chain's last range; None while it has none"""
    beginning: int
    end: int
    origin: Origin
    last_digest: str | None = None
    """of the broker's record at the link's last offset; None where it is not retained"""

    @property
    def next(self) -> int:
        """Where the next range begins. The first one begins at 0, whatever the broker still retains:
        so two collectors that start a chain contend for the same key."""
        return self.link.next if self.link else 0

    @property
    def read_from(self) -> int:
        """Where reading goes on."""
        return self.link.next if self.link else self.beginning

    @property
    def fault(self) -> Fault | None:
        link = self.link
        if link is None:
            return None
        if link.cluster_id and self.origin.cluster_id and link.cluster_id != self.origin.cluster_id:
            return Fault.OTHER_CLUSTER
        if link.topic_id and self.origin.topic_id and link.topic_id != self.origin.topic_id:
            return Fault.OTHER_TOPIC
        if link.next > self.end:
            return Fault.AHEAD
        if link.next < self.beginning:
            return Fault.EXPIRED
        if self.last_digest is not None and self.last_digest != link.last_digest:
            return Fault.DIFFERS
        return None

    def check(self) -> None:
        """`ChainBroken` where the chain cannot go on: what, where, and the way on."""
        fault = self.fault
        if fault is not None and self.link is not None:
            raise ChainBroken(
                f"{self.chain.topic} partition {self.chain.partition}: {fault} (landing goes on at "
                f"{self.link.next}, the broker holds {self.beginning} to {self.end}). Nothing was landed or "
                f"skipped. If that is understood, start the topic again from its beginning: "
                f"`careloop collect --new-generation {self.chain.topic} --reason …`."
            )


def standings(
    settings: Settings, bucket: Bucket, source: Source, partitions: Iterable[Partition]
) -> dict[Partition, Standing]:
    """Where each partition's chain stands. Asks the bucket and the broker, changes nothing."""
    wanted = sorted(partitions)
    current = {topic: current_generation(bucket, topic) for topic in {one.topic for one in wanted}}
    links: dict[Partition, Link | None] = {}
    for one in wanted:
        chain = ChainId(one.topic, current[one.topic], one.partition)
        links[one] = last_link(bucket, chain, source.hint(one, chain.generation))
    spans = source.spans(wanted)
    again = {one: _recheck(links[one], spans[one]) for one in wanted}
    digests = _digests(settings, {one: offset for one, offset in again.items() if offset is not None})
    return {
        one: Standing(
            ChainId(one.topic, current[one.topic], one.partition),
            links[one], *spans[one], source.origin(one.topic), digests.get(one),
        )
        for one in wanted
    }  # fmt: skip


def _recheck(link: Link | None, span: tuple[int, int]) -> int | None:
    """The offset of the record to fetch again, where the broker can still have it."""
    if link is None or link.last_offset is None or not link.last_digest:
        return None
    return link.last_offset if span[0] <= link.last_offset < span[1] else None


def _digests(settings: Settings, wanted: Mapping[Partition, int]) -> dict[Partition, str]:
    """Digests of the records at the given offsets, where they are retained."""
    if not wanted:
        return {}
    found: dict[Partition, str] = {}
    left = dict(wanted)
    deadline = time.monotonic() + _FETCH_SECONDS
    with sorted_errors("fetching the last landed records again"):
        probe = consumer(
            settings, auto_offset_reset="none", allow_auto_create_topics=False, fetch_max_wait_ms=100
        )
        try:
            probe.assign(list(left))
            for one, offset in left.items():
                probe.seek(one, offset)
            while left:
                for one, records in probe.poll(timeout_ms=200, max_records=10_000).items():
                    if one in left and records[0].offset == left[one]:
                        found[one] = digest(records[0])
                done = {one for one, offset in left.items() if (probe.position(one) or 0) > offset}
                probe.pause(*done)
                left = {one: offset for one, offset in left.items() if one not in done}
                if left and time.monotonic() > deadline:
                    raise Unavailable(f"the broker does not give {min(left)} again, which was landed")
        finally:
            probe.close(autocommit=False)
    return found
