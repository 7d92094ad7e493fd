"""The collector on Apache Kafka and a production-grade S3 server, as an operator runs it.

What only a real broker shows: transactions, compaction, retention, a topic made again under its old name,
partitions that move between members, and members that die.
"""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from infra import broker, landing
from infra.objects import Bucket
from infra.settings import Settings
from schemas.cloudevents import Event, to_kafka
from schemas.topics import Topic
from tests.consumers.making import ids, reopened, send, tiles
from tests.release.operator import Operator

pytestmark = pytest.mark.release

TOPIC = str(Topic.RESOLUTIONS)
CATCH_UP = ("collect", "--until-caught-up")


def once(numbers: Iterable[int]) -> Counter[str]:
    return Counter(f"e-{number}" for number in numbers)


def eventually(so: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def assert_done(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def landed(bucket: Bucket) -> int:
    """How many events are in landing."""
    return sum(ids(bucket).values())


def read_to(settings: Settings, bucket: Bucket) -> bool:
    """Whether landing reaches the ends of all partitions."""
    reader = broker.consumer(settings)
    try:
        partitions = [TopicPartition(TOPIC, number) for number in range(settings.kafka_partitions)]
        ends = reader.end_offsets(partitions)
    finally:
        reader.close(autocommit=False)
    there = {f"{TOPIC}/1/{one.partition}": end for one, end in ends.items() if end}
    return {chain: at for chain, at in tiles(bucket).items() if chain.startswith(TOPIC)} == there


@pytest.fixture
def bucket(external_settings: Settings) -> Bucket:
    return Bucket.open(external_settings)


def test_settings_alone_bring_events_from_kafka_to_s3(external: Operator, bucket: Bucket) -> None:
    send(external.settings(), map(reopened, range(500)))

    assert_done(external.run(*CATCH_UP))

    assert ids(bucket) == once(range(500))
    proof = external.run("verify")
    assert_done(proof)
    assert "sound" in proof.stdout


def test_a_second_run_lands_only_what_is_new(external: Operator, bucket: Bucket) -> None:
    send(external.settings(), map(reopened, range(100)))
    assert_done(external.run(*CATCH_UP))
    send(external.settings(), map(reopened, range(100, 150)))

    again = external.run(*CATCH_UP)

    assert_done(again)
    assert "50 events" in again.stdout
    assert ids(bucket) == once(range(150))


def test_a_killed_collector_resumes_with_nothing_lost_or_twice(external: Operator, bucket: Bucket) -> None:
    small = external.but(flush_rows="20", flush_seconds="0.5", collect_session_seconds="6")
    settings = external.settings()
    for start in range(0, 600, 200):
        with small.running("collect", log="collector.log") as collector:
            send(settings, map(reopened, range(start, start + 200)))
            # so that it dies in the middle of its work
            eventually(lambda start=start: landed(bucket) >= start + 40)  # type: ignore[misc]
            collector.send_signal(signal.SIGKILL)
            collector.wait()

    assert_done(external.run(*CATCH_UP))

    assert ids(bucket) == once(range(600))
    assert_done(external.run("verify"))


def test_a_stopped_collector_lands_what_it_holds(external: Operator, bucket: Bucket) -> None:
    patient = external.but(flush_seconds="600")
    with patient.running("collect", log="collector.log") as collector:
        send(external.settings(), map(reopened, range(30)))
        eventually(lambda: "reading on" in (external.home / "collector.log").read_text())
        time.sleep(3)
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(30) == 0

    assert ids(bucket) == once(range(30))


def test_what_a_transaction_aborted_is_not_landed_and_leaves_no_gap(
    external: Operator, bucket: Bucket
) -> None:
    settings = external.settings()
    in_transaction(settings, map(reopened, range(40)), commit=False)
    assert_done(external.run(*CATCH_UP))
    empty = list(landing.read_new(bucket, {}))
    assert empty
    assert all(one.table.num_rows == 0 and one.next > one.first for one in empty)

    in_transaction(settings, map(reopened, range(40, 60)), commit=True)
    in_transaction(settings, map(reopened, range(60, 70)), commit=False)
    assert_done(external.run(*CATCH_UP))

    assert ids(bucket) == once(range(40, 60))
    assert read_to(settings, bucket)
    assert_done(external.run("verify"))


def test_an_open_transaction_is_waited_for_and_not_skipped(external: Operator, bucket: Bucket) -> None:
    settings = external.settings()
    producer = transactional(settings)
    try:
        producer.begin_transaction()
        write(producer, map(reopened, range(10)))
        producer.flush()
        assert_done(external.run(*CATCH_UP))
        assert landed(bucket) == 0
        producer.commit_transaction()
    finally:
        producer.close(timeout=5)

    assert_done(external.run(*CATCH_UP))

    assert ids(bucket) == once(range(10))
    assert_done(external.run("verify"))


def test_offsets_that_compaction_removed_belong_to_a_range(external: Operator, bucket: Bucket) -> None:
    settings = external.settings()
    make_again(
        settings, **{"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    )
    send(settings, map(reopened, range(40)))
    assert_done(external.run(*CATCH_UP))
    # the same 40 clients again and again: only their last events stay, and the landed ones go
    for start in range(40, 240, 40):
        time.sleep(0.3)
        send(settings, map(reopened, range(start, start + 40)))
    eventually(lambda: first_retained(settings) > 0)

    assert_done(external.run(*CATCH_UP))

    found = ids(bucket)
    assert set(found.values()) == {1}
    assert set(found) >= set(once(range(200, 240)))
    assert len(found) < 240
    assert read_to(settings, bucket)
    assert_done(external.run("verify"))


def test_events_that_expired_before_they_landed_stop_the_collector(external: Operator) -> None:
    settings = external.settings()
    send(settings, map(reopened, range(40)))
    assert_done(external.run(*CATCH_UP))
    send(settings, map(reopened, range(40, 80)))
    expire_everything(settings)

    done = external.run(*CATCH_UP)

    assert done.returncode == 1
    assert "deleted records that were never landed" in done.stderr
    assert f"--new-generation {TOPIC}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_topic_made_again_stops_the_collector_which_names_the_way_on(
    external: Operator, bucket: Bucket
) -> None:
    settings = external.settings()
    send(settings, map(reopened, range(40)))
    assert_done(external.run(*CATCH_UP))
    make_again(settings)
    send(settings, map(reopened, range(40, 100)))

    stopped = external.run(*CATCH_UP)

    assert stopped.returncode == 1
    assert "Traceback" not in stopped.stderr
    assert f"careloop collect --new-generation {TOPIC} --reason" in stopped.stderr
    assert ids(bucket) == once(range(40))

    assert_done(external.run(*CATCH_UP, "--new-generation", TOPIC, "--reason", "it was made again"))
    assert ids(bucket) == once(range(100))
    assert landing.generations(bucket, TOPIC) == [1, 2]
    assert_done(external.run("verify"))


def test_two_collectors_share_the_partitions_and_a_rebalance_loses_nothing(
    external: Operator, bucket: Bucket
) -> None:
    quick = external.but(flush_rows="20", flush_seconds="0.5", collect_session_seconds="6")
    settings = external.settings()
    first, second = quick.but(collect_member="first"), quick.but(collect_member="second")
    with first.running("collect", log="first.log"):
        send(settings, map(reopened, range(100)))
        eventually(lambda: landed(bucket) == 100)
        with second.running("collect", log="second.log") as leaving:
            eventually(lambda: "reading on" in (external.home / "second.log").read_text())
            for start in range(100, 300, 50):
                send(settings, map(reopened, range(start, start + 50)))
            eventually(lambda: landed(bucket) == 300)
            assert wrote_to(external, "first.log")
            assert wrote_to(external, "second.log")
            leaving.send_signal(signal.SIGKILL)
            leaving.wait()
            send(settings, map(reopened, range(300, 400)))
            # the dead member's partitions move once its session has ended
            eventually(lambda: landed(bucket) == 400)

    assert ids(bucket) == once(range(400))
    assert_done(external.run("verify"))


def test_of_two_collectors_under_the_same_name_the_first_stops_with_a_clear_line(
    external: Operator, bucket: Bucket
) -> None:
    quick = external.but(flush_seconds="0.5")
    with quick.running("collect", log="first.log") as first:
        eventually(lambda: "reading on" in first_log(external))
        with quick.running("collect", log="second.log"):
            eventually(lambda: "reading on" in (external.home / "second.log").read_text())
            send(external.settings(), map(reopened, range(50)))
            # Kafka tells the first one at its next commit
            assert first.wait(60) == 2
            eventually(lambda: landed(bucket) == 50)
    assert "CARELOOP_COLLECT_MEMBER" in first_log(external)
    assert "Traceback" not in first_log(external)
    assert ids(bucket) == once(range(50))


def first_log(external: Operator) -> str:
    return (external.home / "first.log").read_text()


def wrote_to(external: Operator, log: str) -> bool:
    """Whether that collector landed a range."""
    return f"{TOPIC}/1/" in "".join(
        line for line in (external.home / log).read_text().splitlines() if "landed [" in line
    )


def transactional(settings: Settings) -> KafkaProducer:
    producer = KafkaProducer(transactional_id="helpdesk", **broker.connection(settings))
    producer.init_transactions()
    return producer


def write(producer: KafkaProducer, events: Iterable[Event]) -> None:
    for one in events:
        key, value, headers = to_kafka(one)
        producer.send(TOPIC, key=key, value=value, headers=headers)


def in_transaction(settings: Settings, events: Iterable[Event], *, commit: bool) -> None:
    producer = transactional(settings)
    try:
        producer.begin_transaction()
        write(producer, events)
        producer.flush()
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    finally:
        producer.close(timeout=5)


def make_again(settings: Settings, **configuration: str) -> None:
    client = broker.admin(settings)
    try:
        client.delete_topics([TOPIC])
        eventually(lambda: TOPIC not in client.list_topics())
        topic = NewTopic(TOPIC, settings.kafka_partitions, 1, topic_configs=configuration)
        client.create_topics([topic], wait_for_metadata=True)
    finally:
        client.close()


def first_retained(settings: Settings) -> int:
    """The offset of the first record that partition 0 still has."""
    reader = broker.consumer(settings)
    try:
        partition = TopicPartition(TOPIC, 0)
        reader.assign([partition])
        reader.seek_to_beginning(partition)
        found = reader.poll(timeout_ms=10_000, max_records=1)
        return int(found[partition][0].offset) if found else 0
    finally:
        reader.close(autocommit=False)


def expire_everything(settings: Settings) -> None:
    client = broker.admin(settings)
    try:
        client.delete_records(
            {TopicPartition(TOPIC, number): -1 for number in range(settings.kafka_partitions)}
        )
    finally:
        client.close()
