"""Whatever is read, crashed, raced or woken late: every offset ends up in exactly one range."""

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.batch import Close, Limits
from consumers.chain import Standing
from consumers.dead_letters import Tolerance
from consumers.land import Origin
from consumers.partition import PartitionCollector
from consumers.replay import refused
from consumers.verify import verify
from infra import landing
from infra.landing import last_link
from infra.objects import Bucket
from schemas.cloudevents import to_kafka
from schemas.keys import ChainId
from tests.consumers.making import START, TOPIC, DyingBucket, Killed, MemoryBucket, reopened

CHAIN = ChainId(TOPIC, 1, 0)
NEVER = Limits(10**9, 10**9, START - START.replace(year=1900))
ENTRIES = st.sampled_from(["event", "malformed", "control"])
ACTIONS = st.tuples(
    st.integers(0, 1),
    st.sampled_from([*["read"] * 4, *["land"] * 4, "die", "die before", "die after", "die at letters"]),
    st.integers(1, 6),
)


class Worker:
    """One collector of one partition of a log that is a list. It may be paused for as long as you like."""

    def __init__(self, bucket: Bucket, log: list[str], hint: int) -> None:
        self.log = log
        link = last_link(bucket, CHAIN, hint)
        standing = Standing(CHAIN, link, 0, len(log), Origin("c", "t"))
        standing.check()
        self.partition = PartitionCollector(bucket, standing, NEVER, Tolerance(1, 10**9))
        self.position = standing.read_from

    def read(self, count: int) -> None:
        until = min(self.position + count, len(self.log))
        records = [
            record(at, self.log[at]) for at in range(self.position, until) if self.log[at] != "control"
        ]
        self.position = until
        self.partition.take(records, until, START)

    def land(self) -> None:
        if not self.partition.open.empty:
            outcome = self.partition.land(Close.AGE, START)
            if outcome.read_on_at is not None:
                self.position = outcome.read_on_at


def record(offset: int, kind: str) -> SimpleNamespace:
    key, value, headers = to_kafka(reopened(offset))
    if kind == "malformed":
        value = b"{"
    return SimpleNamespace(topic=TOPIC, offset=offset, timestamp=0, key=key, value=value, headers=headers)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ENTRIES, min_size=12, max_size=40),
    st.lists(ACTIONS, min_size=12, max_size=50),
    st.integers(0, 50),
)
def test_every_offset_is_in_exactly_one_range_whatever_happens(
    log: list[str], actions: list[tuple[int, str, int]], hint: int
) -> None:
    bucket = MemoryBucket()
    workers: dict[int, Worker] = {}
    for name, action, amount in actions:
        worker = workers.setdefault(name, Worker(bucket, log, hint))
        if action == "read":
            worker.read(amount)
        elif action == "land":
            worker.land()
        else:
            workers.pop(name)
            die_while_landing(bucket, worker, action)
    last = Worker(bucket, log, hint)
    last.read(len(log))
    last.land()

    assert_each_offset_once(bucket, log)


def die_while_landing(bucket: MemoryBucket, worker: Worker, action: str) -> None:
    if action == "die":
        return
    letters = action == "die at letters"
    dying = DyingBucket(bucket, at=1, after=action != "die before", landing_only=not letters)
    worker.partition._bucket = dying
    with contextlib.suppress(Killed):
        worker.land()


def assert_each_offset_once(bucket: Bucket, log: list[str]) -> None:
    ranges = list(landing.read_new(bucket, {}))
    assert [one.first for one in ranges] == [0, *[one.next for one in ranges]][: len(ranges)]
    assert (ranges[-1].next if ranges else 0) == len(log)
    offsets = [at for one in ranges for at in one.table["offset"].to_pylist()]
    assert offsets == [at for at, kind in enumerate(log) if kind == "event"]
    assert [one.offset for one in refused(bucket)] == [
        at for at, kind in enumerate(log) if kind == "malformed"
    ]
    assert verify(bucket, START).sound


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 5_000), max_size=30), st.integers(0, 10**6))
def test_the_end_of_a_chain_is_found_whatever_the_hint(lengths: list[int], hint: int) -> None:
    bucket = MemoryBucket()
    first = 0
    for length in lengths:
        bucket.create(CHAIN.landing(first), b"", {"next": str(first + length)})
        first += length

    link = last_link(bucket, CHAIN, hint)

    assert (link.next if link else 0) == first


@pytest.mark.parametrize("ranges", [1, 10, 3_000])
def test_the_end_of_a_chain_takes_few_requests(ranges: int) -> None:
    bucket = CountingBucket()
    for number in range(ranges):
        bucket.create(CHAIN.landing(number * 50_000), b"", {"next": str((number + 1) * 50_000)})

    bucket.requests = 0
    last_link(bucket, CHAIN, (ranges - 1) * 50_000)
    with_hint = bucket.requests
    bucket.requests = 0
    last_link(bucket, CHAIN)

    assert with_hint <= 3
    assert bucket.requests <= 80


class CountingBucket(MemoryBucket):
    requests = 0

    def scan(self, *arguments, **options):  # type: ignore[no-untyped-def]
        self.requests += 1
        return super().scan(*arguments, **options)
