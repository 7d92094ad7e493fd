"""The two steps of a run on a real broker, object store, ledger and mail server."""

import email
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from careloop.checkins.preview import look_ahead
from careloop.checkins.run import plan_checkins, send_checkins
from infra.broker import consumer
from infra.objects import Bucket
from infra.settings import Settings
from schemas import identifiers
from schemas.cloudevents import Event, from_kafka
from schemas.errors import Unavailable
from schemas.events import CheckinAvoided, CheckinClaimed, CheckinSent
from schemas.topics import Topic
from tests.careloop.checkins.making import NOON, decided, resolved, text, unsubscribed
from tests.landing_fixture import land


def clock() -> datetime:
    return NOON


class Inbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 taken"

    async def handle_DATA(self, _s: SMTP, _se: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            found = email.message_from_bytes(envelope.original_content or b"", policy=default)
            assert isinstance(found, EmailMessage)
            self.messages.append(found)
        return self.answer


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def live(kafka_settings: Settings, inbox: tuple[Inbox, int], tmp_path: Path) -> Settings:
    """Everything real, and a policy that is live."""
    return with_policy(
        kafka_settings.model_copy(
            update={
                "smtp_host": "127.0.0.1", "smtp_port": inbox[1], "smtp_security": "none",
                "mail_from": "care@example.test",
            }
        ),
        tmp_path,
    )  # fmt: skip


def with_policy(settings: Settings, tmp_path: Path, **given: object) -> Settings:
    file = tmp_path / "policy.yaml"
    file.write_text(text(**given))
    return settings.model_copy(update={"policy_file": file})


def in_kafka(settings: Settings) -> list[Event]:
    reader = consumer(settings, consumer_timeout_ms=1_500)
    reader.subscribe([Topic.CHECKINS.value])
    events = [from_kafka(r.topic, r.key, r.value, r.headers) for r in reader]
    reader.close()
    return events


def test_a_landed_resolution_becomes_one_message_and_its_record(
    live: Settings, inbox: tuple[Inbox, int]
) -> None:
    bucket = Bucket.open(live)
    land(bucket, [resolved("T1"), resolved("T2", client="c2", resolved_by="auto"), unsubscribed("c3")])
    assert plan_checkins(live, clock) == {"resolutions": 2, "wishes": 1}
    assert send_checkins(live, clock) == {"sent": 1, "avoided": 1, "events": 2}
    assert send_checkins(live, clock) == {}
    [message] = inbox[0].messages
    assert message["To"] == "c1@client.test"
    events = in_kafka(live)
    kinds = {type(event.decoded()) for event in events}
    assert kinds == {CheckinClaimed, CheckinSent, CheckinAvoided}
    sent = next(data for event in events if isinstance(data := event.decoded(), CheckinSent))
    assert sent.message_id == message["Message-ID"]
    assert sent.checkin_id == identifiers.checkin_id("after-resolution", "T1", 1)


def test_a_mail_server_that_is_away_fails_the_run_and_the_ask_leaves_with_the_next(
    live: Settings, inbox: tuple[Inbox, int]
) -> None:
    land(Bucket.open(live), [resolved("T1")])
    plan_checkins(live, clock)
    with pytest.raises(Unavailable):
        send_checkins(live.model_copy(update={"smtp_port": 1}), clock)
    assert send_checkins(live, clock)["sent"] == 1
    assert len(inbox[0].messages) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [({"live_from": "null"}, {"preview_only": 1}), ({"paused": True}, {"paused": 1})],
)
def test_before_going_live_and_while_paused_nothing_is_sent_and_nothing_avoided(
    live: Settings, inbox: tuple[Inbox, int], tmp_path: Path, given: dict[str, object], said: dict[str, int]
) -> None:
    land(Bucket.open(live), [resolved("T1"), resolved("T2", client="c2", resolved_by="auto")])
    waiting = with_policy(live, tmp_path, **given)
    plan_checkins(waiting, clock)
    assert send_checkins(waiting, clock) == said
    assert in_kafka(live) == []
    now_live = with_policy(live, tmp_path)
    assert send_checkins(now_live, clock) == {"sent": 1, "avoided": 1, "events": 2}


def test_a_dry_run_counts_and_does_nothing(live: Settings, inbox: tuple[Inbox, int]) -> None:
    land(Bucket.open(live), [resolved("T1"), resolved("T2", client="c2", resolved_by="auto")])
    plan_checkins(live, clock)
    assert send_checkins(live, clock, dry_run=True) == {"asked": 1, "avoided": 1}
    assert inbox[0].messages == []
    assert send_checkins(live, clock)["sent"] == 1


def test_a_dropped_ledger_is_filled_again_and_asks_nobody_twice(
    live: Settings, inbox: tuple[Inbox, int]
) -> None:
    bucket = Bucket.open(live)
    land(bucket, [resolved("T1"), resolved("T2", client="c2"), resolved("T3", client="c3")])
    land(bucket, [decided(CheckinClaimed, identifiers.checkin_id("after-resolution", "T2", 1), "c2", "T2")])
    plan_checkins(live, clock)
    assert send_checkins(live, clock, limit=1)["sent"] == 1
    (live.home / "ledger.db").unlink()

    # landing does not hold yet what was just sent
    assert plan_checkins(live, clock)["partitions_behind"] >= 1
    assert send_checkins(live, clock) == {"catching_up": 1}

    land_kafka(live, bucket)
    plan_checkins(live, clock)
    later = NOON + timedelta(minutes=30)
    counts = send_checkins(live, lambda: later)
    assert (counts["sent"], counts["in_doubt"]) == (1, 1)
    assert sorted(str(m["To"]) for m in inbox[0].messages) == ["c1@client.test", "c3@client.test"]
    assert [one.ticket_id for one in look_ahead(live, bucket, later, 1).in_doubt] == ["T2"]


def land_kafka(settings: Settings, bucket: Bucket) -> None:
    """All of the check-ins topic into landing, each partition in a generation of its own."""
    reader = consumer(settings, consumer_timeout_ms=1_500)
    reader.subscribe([Topic.CHECKINS.value])
    by_partition: dict[int, list[Event]] = {}
    for record in reader:
        event = from_kafka(record.topic, record.key, record.value, record.headers)
        by_partition.setdefault(record.partition, []).append(event)
    reader.close()
    for partition, events in by_partition.items():
        land(bucket, events, Topic.CHECKINS.value, partition, first=0, generation=2)
