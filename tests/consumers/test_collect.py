"""The collector on a real embedded broker and store: crashes, races, rebalances, and things that go away."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaProducer
from pydantic import SecretStr

from consumers import generations
from consumers.batch import Close
from consumers.collect import collect
from consumers.holdings import Holdings
from consumers.partition import PartitionCollector
from consumers.source import Source
from consumers.tally import Tally
from consumers.verify import verify
from infra import landing
from infra.broker import connection
from infra.clock import utc_now
from infra.local.processes import Supervisor
from infra.local.session import start
from infra.objects import Bucket
from infra.settings import Settings
from schemas.cloudevents import Event, to_kafka
from schemas.errors import ChainBroken, InputError, SettingError, Unavailable
from schemas.keys import ChainId, generation_marker
from tests.consumers.making import TOPIC, DyingBucket, Killed, ids, reopened, send, send_raw, tiles

NEVER = {"flush_seconds": 600.0}


def with_(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


def all_once(bucket: Bucket, numbers: range) -> None:
    assert ids(bucket) == {f"e-{number}": 1 for number in numbers}
    assert verify(bucket, utc_now()).sound


class Running:
    """A collector in a thread, as a service in the group."""

    def __init__(self, settings: Settings, bucket: Bucket) -> None:
        self.stop = threading.Event()
        self.tally: Tally | None = None
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(settings, bucket), daemon=True)
        self._thread.start()

    def _run(self, settings: Settings, bucket: Bucket) -> None:
        try:
            self.tally = collect(settings, bucket, stop=self.stop)
        except BaseException as failure:
            self.failure = failure

    def end(self) -> Tally:
        self.stop.set()
        self._thread.join(40)
        assert not self._thread.is_alive()
        if self.failure:
            raise self.failure
        assert self.tally is not None
        return self.tally


@contextmanager
def running(settings: Settings, bucket: Bucket) -> Iterator[Running]:
    one = Running(settings, bucket)
    try:
        yield one
    finally:
        one.stop.set()


def eventually(so: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_caught_up_means_everything_up_to_the_ends_has_landed_once(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(300)))

    first = collect(kafka_settings, bucket, until_caught_up=True)
    again = collect(kafka_settings, bucket, until_caught_up=True)

    assert (first.rows, again.ranges) == (300, 0)
    assert first.closed == {Close.CAUGHT_UP: 3}
    all_once(bucket, range(300))
    assert landing.positions(bucket) == tiles(bucket)


def test_ranges_close_at_their_number_of_rows(kafka_settings: Settings, bucket: Bucket) -> None:
    send(kafka_settings, (reopened(40 * number) for number in range(1, 13)))  # one client: one partition
    tally = collect(with_(kafka_settings, flush_rows=1), bucket, until_caught_up=True)
    assert tally.closed[Close.ROWS] >= 1
    assert tally.rows == 12


def _die(*_: object, **__: object) -> None:
    raise Killed


AT_A_STEP = {
    "after polling": (Holdings, "take"),
    "after decoding": (PartitionCollector, "land"),
    "before the commit": (Source, "commit"),
}


@pytest.mark.parametrize("step", AT_A_STEP)
def test_a_crash_between_steps_loses_and_repeats_nothing(
    step: str, kafka_settings: Settings, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(kafka_settings, map(reopened, range(100)))
    with monkeypatch.context() as patched:
        patched.setattr(*AT_A_STEP[step], _die)
        with pytest.raises(Killed):
            collect(kafka_settings, bucket, until_caught_up=True)
    send(kafka_settings, map(reopened, range(100, 120)))

    collect(kafka_settings, bucket, until_caught_up=True)

    all_once(bucket, range(120))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_crash_around_any_write_loses_and_repeats_nothing(
    at: int, after: bool, kafka_settings: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(60)))
    send_raw(kafka_settings, b"not an event", b"nor this")
    with pytest.raises(Killed):
        collect(kafka_settings, DyingBucket(bucket, at=at, after=after), until_caught_up=True)

    collect(kafka_settings, bucket, until_caught_up=True)

    all_once(bucket, range(60))
    assert sum(chain.refused for chain in verify(bucket, utc_now()).chains) == 2


def test_a_stopped_collector_lands_what_it_holds(kafka_settings: Settings, bucket: Bucket) -> None:
    settings = with_(kafka_settings, **NEVER)
    with running(settings, bucket) as collector:
        send(settings, map(reopened, range(50)))
        time.sleep(4)
        assert not ids(bucket)
        tally = collector.end()

    assert tally.closed == {Close.SHUTDOWN: 3}
    all_once(bucket, range(50))


def test_a_small_range_is_landed_when_it_is_old_enough(kafka_settings: Settings, bucket: Bucket) -> None:
    settings = with_(kafka_settings, flush_seconds=0.5)
    with running(settings, bucket) as collector:
        send(settings, [reopened(1)])
        eventually(lambda: ids(bucket) == {"e-1": 1})
        assert collector.end().closed == {Close.AGE: 1}


def test_a_paused_collector_that_wakes_late_drops_its_batch(kafka_settings: Settings, bucket: Bucket) -> None:
    send(kafka_settings, map(reopened, range(80)))
    with paused_with_all_read(kafka_settings, bucket) as late:
        send(kafka_settings, map(reopened, range(80, 120)))
        collect(kafka_settings, bucket, until_caught_up=True)
        all_once(bucket, range(120))

        for partition in list(late.held):
            late.land(partition, Close.AGE)

        assert (late.tally.ranges, late.tally.lost_races) == (0, 3)
        assert {late.source.position(one) for one in late.held if one.topic == TOPIC} == set(
            tiles(bucket).values()
        )
    all_once(bucket, range(120))


@contextmanager
def paused_with_all_read(settings: Settings, bucket: Bucket) -> Iterator[Holdings]:
    """A collector that has read everything and landed nothing."""
    source = Source(settings, in_group=False)
    try:
        holdings = Holdings(settings, bucket, source, utc_now)
        for assigned in source.assignments():
            holdings.follow(assigned)
        ends = {one: standing.end for one, standing in holdings.start().items()}
        while any(holder.open.next < ends[one] for one, holder in holdings.held.items()):
            holdings.take(source.poll(0.2))
        holdings.held = {one: holder for one, holder in holdings.held.items() if not holder.open.empty}
        yield holdings
    finally:
        source.close()


def test_two_collectors_outside_the_group_race_and_neither_repeats(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(400)))
    settings = with_(kafka_settings, flush_rows=20)
    tallies: list[Tally] = []
    threads = [
        threading.Thread(target=lambda: tallies.append(collect(settings, bucket, until_caught_up=True)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(tallies) == 3
    all_once(bucket, range(400))


def test_a_one_off_run_beside_the_service_leaves_it_in_the_group(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    settings = with_(kafka_settings, **NEVER)
    with running(settings, bucket) as service:
        send(settings, map(reopened, range(30)))
        time.sleep(2)
        assert collect(settings, bucket, until_caught_up=True).rows == 30
        send(settings, map(reopened, range(30, 40)))
        time.sleep(1)
        assert service.end().lost_races == 3
        collect(settings, bucket, until_caught_up=True)
    all_once(bucket, range(40))


def test_collectors_share_the_partitions_and_hand_them_over(kafka_settings: Settings, bucket: Bucket) -> None:
    settings = with_(kafka_settings, flush_seconds=1.0, collect_session_seconds=6.0)
    with running(with_(settings, collect_member="one"), bucket) as one:
        send(settings, map(reopened, range(100)))
        eventually(lambda: len(ids(bucket)) == 100)
        with running(with_(settings, collect_member="two"), bucket) as two:
            for begin in range(100, 200, 20):
                send(settings, map(reopened, range(begin, begin + 20)))
                time.sleep(1)
            eventually(lambda: len(ids(bucket)) == 200)
            assert two.end().rows + one.end().rows == 200
    all_once(bucket, range(200))


def test_what_does_not_answer_is_tried_again_and_nothing_is_committed(
    kafka_settings: Settings,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "consumers")
    failures = iter([True, True, True])
    create = Bucket.create

    def sometimes(self: Bucket, *arguments: object, **options: object) -> str:
        if next(failures, False):
            raise Unavailable("S3 is away")
        return create(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Bucket, "create", sometimes)
    send(kafka_settings, map(reopened, range(50)))

    collect(kafka_settings, bucket, until_caught_up=True)

    all_once(bucket, range(50))
    assert "S3 is away" in caplog.text
    assert "C1" not in caplog.text


def test_wrong_credentials_are_one_line_that_names_the_setting(kafka_settings: Settings) -> None:
    settings = with_(kafka_settings, s3_access_key=SecretStr("wrong"), s3_secret_key=SecretStr("wrong"))
    with pytest.raises(SettingError, match=r"^CARELOOP_S3_ACCESS_KEY: .*") as failure:
        collect(settings, Bucket.open(settings), until_caught_up=True)
    assert "\n" not in str(failure.value)


def test_an_absent_bucket_is_one_line_that_names_the_setting(kafka_settings: Settings) -> None:
    settings = with_(kafka_settings, s3_bucket="nobody-made-this-one")
    with pytest.raises(SettingError, match=r"^CARELOOP_S3_BUCKET: .*") as failure:
        collect(settings, Bucket.open(settings), until_caught_up=True)
    assert "\n" not in str(failure.value)


@pytest.fixture
def other_broker(kafka_settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """What a broker is that lost everything: another one, on the same bucket."""
    home = tmp_path / "other"
    home.mkdir()
    with Supervisor(home) as supervisor:
        yield start(with_(kafka_settings, home=home, kafka_bootstrap=None), supervisor, ["kafka"])


def test_a_broker_that_lost_data_stops_the_collector_until_a_new_generation_is_started(
    kafka_settings: Settings, other_broker: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(100)))
    collect(kafka_settings, bucket, until_caught_up=True)
    send(other_broker, map(reopened, range(100, 110)))

    with pytest.raises(ChainBroken, match=r"ahead of the broker.*--new-generation careloop.resolutions"):
        collect(other_broker, bucket, until_caught_up=True)
    assert generations.broker_lost_data(other_broker, bucket) == [TOPIC]
    all_once(bucket, range(100))

    assert generations.start_new(other_broker, bucket, TOPIC, "the broker lost its disk") == 2
    collect(other_broker, bucket, until_caught_up=True)

    all_once(bucket, range(110))
    assert {name.split("/")[1] for name in tiles(bucket)} == {"1", "2"}
    assert b"lost its disk" in bucket.get(generation_marker(TOPIC, 2)).body
    assert generations.broker_lost_data(other_broker, bucket) == []


def test_offsets_that_were_used_again_are_noticed_by_the_last_record(
    kafka_settings: Settings, other_broker: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(100)))
    collect(kafka_settings, bucket, until_caught_up=True)
    send(other_broker, map(reopened, range(1_000, 1_400)))

    with pytest.raises(ChainBroken, match="is not the one that was landed"):
        collect(other_broker, bucket, until_caught_up=True)
    assert generations.broker_lost_data(other_broker, bucket) == [TOPIC]


def test_a_broker_that_lost_nothing_is_not_accused(kafka_settings: Settings, bucket: Bucket) -> None:
    send(kafka_settings, map(reopened, range(20)))
    assert generations.broker_lost_data(kafka_settings, bucket) == []
    collect(kafka_settings, bucket, until_caught_up=True)
    assert generations.broker_lost_data(kafka_settings, bucket) == []


def test_a_running_collector_goes_over_to_a_new_generation(kafka_settings: Settings, bucket: Bucket) -> None:
    settings = with_(kafka_settings, flush_seconds=0.5)
    with running(settings, bucket) as collector:
        send(settings, map(reopened, range(20)))
        eventually(lambda: len(ids(bucket)) == 20)
        generations.start_new(settings, bucket, TOPIC, "to try it")
        send(settings, map(reopened, range(20, 60)))
        eventually(lambda: ids(bucket) == {f"e-{n}": 2 if n < 20 else 1 for n in range(60)})
        collector.end()
    report = verify(bucket, utc_now())
    assert report.sound
    assert report.repeated == 20


@pytest.mark.parametrize(("topic", "reason"), [("nope", "x"), (TOPIC, " ")])
def test_a_generation_needs_a_known_topic_and_a_reason(
    topic: str, reason: str, kafka_settings: Settings, bucket: Bucket
) -> None:
    with pytest.raises(InputError):
        generations.start_new(kafka_settings, bucket, topic, reason)


def test_a_chain_that_lost_its_beginning_is_not_read_past(kafka_settings: Settings, bucket: Bucket) -> None:
    send(kafka_settings, map(reopened, range(30)))
    collect(kafka_settings, bucket, until_caught_up=True)
    send(kafka_settings, map(reopened, range(30, 60)))
    collect(kafka_settings, bucket, until_caught_up=True)
    bucket.delete(ChainId(TOPIC, 1, 0).landing(0))

    with pytest.raises(ChainBroken, match="gap"):
        list(landing.read_new(bucket, {}))


def test_control_records_belong_to_a_range_though_nobody_sees_them(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    for begin in (0, 3):
        in_a_transaction(kafka_settings, [reopened(40 * number) for number in range(begin, begin + 3)])
        collect(kafka_settings, bucket, until_caught_up=True)

    ((_, end),) = tiles(bucket).items()
    (chain,) = verify(bucket, utc_now()).chains
    assert (end, chain.rows, chain.faults) == (8, 6, [])
    assert collect(kafka_settings, bucket, until_caught_up=True).ranges == 0


def in_a_transaction(settings: Settings, events: list[Event]) -> None:
    producer = KafkaProducer(transactional_id=f"t-{events[0].id}", **connection(settings))
    producer.init_transactions()
    producer.begin_transaction()
    for one in events:
        key, value, headers = to_kafka(one)
        producer.send(TOPIC, value, key, headers=headers)
    producer.commit_transaction()
    producer.close()


def test_a_collector_outlives_its_broker_and_may_be_started_before_it(
    settings: Settings, bucket: Bucket
) -> None:
    settings = with_(settings, flush_seconds=0.5)
    with Supervisor(settings.home) as supervisor:
        connected = start(settings, supervisor, ["kafka"])
        supervisor.stop("broker")
        with running(connected, bucket) as collector:
            time.sleep(2)
            assert start(settings, supervisor, ["kafka"]).kafka_bootstrap == connected.kafka_bootstrap
            send(connected, map(reopened, range(20)))
            eventually(lambda: len(ids(bucket)) == 20, seconds=40)

            supervisor.stop("broker")
            time.sleep(2)
            start(settings, supervisor, ["kafka"])
            send(connected, map(reopened, range(20, 40)))
            eventually(lambda: len(ids(bucket)) == 40, seconds=60)
            collector.end()
    all_once(bucket, range(40))


def test_of_two_collectors_under_one_name_the_first_stops_and_says_so(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    settings = with_(kafka_settings, flush_seconds=0.5, collect_session_seconds=6.0, collect_member="same")
    with running(settings, bucket) as first:
        send(settings, [reopened(1)])
        eventually(lambda: ids(bucket) == {"e-1": 1})
        with running(settings, bucket) as second:
            eventually(lambda: first.failure is not None)
            with pytest.raises(SettingError, match="CARELOOP_COLLECT_MEMBER"):
                first.end()
            send(settings, [reopened(2)])
            eventually(lambda: ids(bucket) == {"e-1": 1, "e-2": 1})
            second.end()
