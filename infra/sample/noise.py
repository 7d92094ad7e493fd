"""What happens to messages on their way: repeated, late, out of order, some beyond reading. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from schemas.cloudevents import Event, to_kafka
from schemas.topics import Topic

DUPLICATES = 0.01
_LATE, _JITTER_MINUTES = 0.03, 20.0


@dataclass(frozen=True)
class Record:
    """One Kafka record as it arrives."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]

    @classmethod
    def of(cls, event: Event) -> "Record":
        key, value, headers = to_kafka(event)
        return cls(event.topic, key, value, headers)


def arrivals(seed: int, events: Sequence[Event], malformed: Sequence[Record]) -> list[Record]:
    """All records in the order they arrive: roughly by time, some hours or days late, some twice."""
    rng = Random(f"{seed}/arrivals")
    queue: list[tuple[datetime, int, Record]] = []
    for event in events:
        record, moment = Record.of(event), _moment(event)
        arrives = moment + timedelta(minutes=rng.gauss(0, _JITTER_MINUTES))
        if rng.random() < _LATE:
            arrives += timedelta(hours=rng.uniform(1, 48))
        queue.append((arrives, len(queue), record))
        if rng.random() < DUPLICATES:
            queue.append((arrives + timedelta(minutes=rng.uniform(1, 1_000)), len(queue), record))
    times = sorted(arrives for arrives, _, _ in queue)
    for record in malformed:
        queue.append((rng.choice(times), len(queue), record))
    return [record for _, _, record in sorted(queue, key=lambda entry: entry[:2])]


def _moment(event: Event) -> datetime:
    assert event.time is not None
    return event.time


def malformed(seed: int, example: Event, count: int) -> Iterator[Record]:
    """``count`` messages that can never be read, of every kind in turn."""
    key, value, headers = to_kafka(example)
    named = dict(headers)
    spoilt: list[tuple[bytes | None, dict[str, bytes]]] = [
        (value[: len(value) // 2], named),
        (b"resolved, thanks!", named),
        (b"\xff\xfe\x00broken", named),
        (None, named),
        (value, {name: text for name, text in named.items() if name != "ce_id"}),
        (value, {name: text for name, text in named.items() if name != "ce_source"}),
        (value, named | {"ce_type": b"careloop.ticket.resolved.v9"}),
        (value, named | {"ce_type": b"careloop.pulse.answered.v1"}),
        (value, named | {"ce_specversion": b"0.3"}),
        (value, named | {"ce_time": b"yesterday at noon"}),
        (value, named | {"content-type": b"text/xml"}),
        (value, {"content-type": b"application/json"}),
        (b'{"ticket_id":"T-?"}', named),
        (value.replace(b'"resolution_seq":1', b'"resolution_seq":0'), named),
        (b"[1, 2, 3]", {"content-type": b"application/cloudevents+json"}),
    ]
    for number in range(count):
        body, given = spoilt[number % len(spoilt)]
        marked = given | {"ce_id": f"spoilt-{seed}-{number}".encode()} if "ce_id" in given else given
        yield Record(Topic.RESOLUTIONS, key, body, list(marked.items()))
