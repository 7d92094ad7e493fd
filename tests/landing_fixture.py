"""Lands events without Kafka, through the collector's own writing code. For tests of what reads landing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

from consumers.batch import OpenRange
from consumers.decode import decode, digest
from consumers.land import Origin
from consumers.land import land as _land
from infra.landing import last_link
from infra.objects import Bucket
from schemas.cloudevents import Event, to_kafka
from schemas.keys import ChainId
from schemas.ranges import Link

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


def land(
    bucket: Bucket,
    events: Sequence[Event],
    topic: str | None = None,
    partition: int = 0,
    first: int | None = None,
    generation: int = 1,
    now: datetime = NOW,
) -> list[Link]:
    """Land ``events`` as one range per topic (or all on ``topic``), behind what the chain already holds."""
    links = []
    for name in [topic] if topic else sorted({event.topic.value for event in events}):
        chain = ChainId(str(name), generation, partition)
        before = last_link(bucket, chain)
        begin = first if first is not None else before.next if before else 0
        open_range = OpenRange(chain, begin)
        mine = [event for event in events if topic or event.topic == name]
        for offset, event in enumerate(mine, begin):
            key, value, headers = to_kafka(event)
            record = SimpleNamespace(
                topic=str(name), offset=offset, timestamp=int(now.timestamp() * 1000),
                key=key, value=value, headers=headers,
            )  # fmt: skip
            open_range.add([decode(record)], len(value), now)
            open_range.saw(offset, digest(record))
        open_range.advance(begin + max(len(mine), 1), now)
        links.append(_land(bucket, open_range, Origin(), now).link)
    return links
