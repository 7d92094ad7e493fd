"""What the collector's tests share: events to send, a bucket in memory, and buckets that die on the way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from consumers.replay import refused
from infra import landing
from infra.broker import Publisher
from infra.objects import Bucket, Listed, Stored
from infra.settings import Settings
from schemas.cloudevents import Event, event
from schemas.errors import AlreadyExists, NotFound
from schemas.events import TicketReopened
from schemas.keys import parse_landing

START = datetime(2025, 6, 2, 9, 0, tzinfo=UTC)
TOPIC = "careloop.resolutions"


class Killed(BaseException):
    """The process died here. Nothing may catch it."""


def reopened(number: int) -> Event:
    when = START + timedelta(seconds=number)
    data = TicketReopened(
        ticket_id=f"T{number}", resolution_seq=1, client_id=f"C{number % 40}", reopened_at=when
    )
    return event(source="/helpdesk/test", id=f"e-{number}", time=when, data=data)


def send(settings: Settings, events: Iterable[Event]) -> None:
    with Publisher(settings) as publisher:
        for one in events:
            publisher.send(one)
        publisher.flush()


def send_raw(settings: Settings, *values: bytes | None, topic: str = TOPIC, headers: Any = ()) -> None:
    with Publisher(settings) as publisher:
        for value in values:
            publisher.send_raw(topic, b"C1", value, list(headers))
        publisher.flush()


def ids(bucket: Bucket) -> Counter[str]:
    """How often each event id is in landing."""
    return Counter(name for one in landing.read_new(bucket, {}) for name in one.table["ce_id"].to_pylist())


def tiles(bucket: Bucket) -> dict[str, int]:
    """Where each chain ends; `landing.read_new` refuses any gap or overlap on the way."""
    ends: dict[str, int] = {}
    for one in landing.read_new(bucket, {}):
        ends[str(one.chain)] = one.next
    return ends


def refused_offsets(bucket: Bucket) -> list[tuple[int, int]]:
    return sorted((one.chain.partition, one.offset) for one in refused(bucket))


class MemoryBucket(Bucket):
    """A bucket in memory with the conditional writes of a real one."""

    def __init__(self) -> None:
        self.name = "memory"
        self.objects: dict[str, Stored] = {}

    def create(
        self, key: str, body: bytes, metadata: Mapping[str, str] | None = None, content_type: str = ""
    ) -> str:
        if key in self.objects:
            raise AlreadyExists(key)
        self.objects[key] = Stored(key, body, "etag", dict(metadata or {}), START)
        return "etag"

    def get(self, key: str) -> Stored:
        if key not in self.objects:
            raise NotFound(key)
        return self.objects[key]

    def head(self, key: str) -> Stored | None:
        return self.objects.get(key)

    def scan(self, prefix: str, *, after: str | None = None, limit: int | None = None) -> Iterator[Listed]:
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > (after or ""))
        for key in keys[:limit]:
            yield Listed(key, len(self.objects[key].body), "etag", START)

    def children(self, prefix: str) -> list[str]:
        below = {key[len(prefix) :] for key in self.objects if key.startswith(prefix)}
        return sorted({name.split("/", 1)[0] for name in below if "/" in name})

    def delete(self, key: str) -> None:
        del self.objects[key]


class DyingBucket(Bucket):
    """``inner``, until the process dies just before or just after one of its writes."""

    def __init__(self, inner: Bucket, *, at: int, after: bool, landing_only: bool = False) -> None:
        self._inner = inner
        self._left = at
        self._after = after
        self._landing_only = landing_only
        self.name = inner.name

    def __getattribute__(self, name: str) -> Any:
        if name in ("create", "name") or name.startswith("_"):
            return super().__getattribute__(name)
        return getattr(self._inner, name)

    def create(
        self, key: str, body: bytes, metadata: Mapping[str, str] | None = None, content_type: str = ""
    ) -> str:
        if self._landing_only and not _is_landing(key):
            return self._inner.create(key, body, metadata, content_type)
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        etag = self._inner.create(key, body, metadata, content_type)
        if self._left == 0:
            raise Killed
        return etag


def _is_landing(key: str) -> bool:
    try:
        parse_landing(key)
    except ValueError:
        return False
    return True
