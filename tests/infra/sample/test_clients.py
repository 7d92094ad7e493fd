"""Simulated clients use the real answer page, in a process of its own, and leave your mail alone."""

import mailbox
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import httpx
import pytest

from infra import broker, links
from infra.clock import utc_now
from infra.links import Link
from infra.local.processes import Supervisor
from infra.local.session import start
from infra.sample import clients, state
from infra.settings import Settings
from schemas.cloudevents import from_kafka
from schemas.events import EventData, PulseAnswered, PulseDeclined, PulseOpened
from schemas.topics import Topic


@pytest.fixture
def door(kafka_settings: Settings) -> Iterator[Settings]:
    """A broker and the real answer page, which has a supervisor and so a home of its own."""
    own = kafka_settings.model_copy(update={"home": kafka_settings.home / "door"})
    with Supervisor(own.home) as supervisor:
        yield start(own, supervisor, ["door"])


def _mail(inbox: Path, settings: Settings, number: int, to: str = "") -> str:
    mail = EmailMessage()
    mail["To"] = to or f"Ana <ana.{number:05d}@clients.example.org>"
    mail["Message-ID"] = f"<checkin-{number}@localhost>"
    mail["Content-Language"] = ("en", "de", "es")[number % 3]
    link = Link(pulse_id=f"pulse-{number}", client_id=f"client-{number}", checkin_id=f"checkin-{number}")
    mail.set_content(f"Hello\n\nAnswer: {links.url(link, settings, utc_now())}\n")
    box = mailbox.Maildir(inbox, create=True)
    path = inbox / "new" / box.add(mail.as_bytes())
    os.utime(path, (1_000_000 + number, 1_000_000 + number))
    return str(mail["Message-ID"])


def _said(settings: Settings) -> list[EventData]:
    consumer = broker.consumer(settings, consumer_timeout_ms=2_000)
    consumer.subscribe([Topic.PULSE_RESPONSES])
    found = [from_kafka(r.topic, r.key, r.value, r.headers).decoded() for r in consumer]
    consumer.close()
    return found


def _pulses(said: list[EventData], kind: type[EventData]) -> set[str]:
    return {data.pulse_id for data in said if isinstance(data, kind)}  # type: ignore[attr-defined]


def test_clients_answer_decline_look_or_stay_silent_and_leave_the_newest(
    door: Settings, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    names = [_mail(inbox, door, number) for number in range(30)]
    _mail(inbox, door, 31, to="you@your-company.example")
    done = clients.answer(door, inbox)
    assert done.left_for_you == names[-1]
    assert done.answered + done.declined + done.opened + done.silent == 29
    assert min(done.answered, done.silent) > 0
    said = _said(door)
    assert len(_pulses(said, PulseAnswered)) == done.answered
    assert len(_pulses(said, PulseDeclined)) == done.declined
    assert len(_pulses(said, PulseOpened)) == done.answered + done.declined + done.opened
    untouched = {"pulse-29", "pulse-31"}
    assert not untouched & {getattr(data, "pulse_id", "") for data in said}
    again = clients.answer(door, inbox)
    assert again.answered == again.silent == 0
    assert len(_said(door)) == len(said)


def test_what_was_left_for_the_person_in_an_earlier_run_is_never_touched(
    door: Settings, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    yours = _mail(inbox, door, 1)
    assert clients.answer(door, inbox).left_for_you == yours
    kept = state.load(door.home, utc_now)
    new_run = state.SampleState(anchor=kept.anchor, runs=kept.runs + 1, kept_before=[yours])
    state.save(door.home, new_run)
    newest = [_mail(inbox, door, number) for number in range(2, 14)][-1]
    assert clients.answer(door, inbox).left_for_you == newest
    assert not {"pulse-1", "pulse-13"} & {getattr(data, "pulse_id", "") for data in _said(door)}


def test_no_mails_are_no_answers(settings: Settings, tmp_path: Path) -> None:
    assert clients.answer(settings, tmp_path / "none") == clients.Answered()


def test_the_same_mails_get_the_same_reactions() -> None:
    class Silent:
        def open(self) -> None: ...

        def post(self, fields: dict[str, str]) -> None:
            posted.append(fields)

    posted: list[dict[str, str]] = []
    mails = [clients._Mail(f"<{number}@x>", 0.0, "de", "link") for number in range(40)]
    first = [clients._react(7, mail, cast(clients._Page, Silent())) for mail in mails]
    half = len(posted)
    assert [clients._react(7, mail, cast(clients._Page, Silent())) for mail in mails] == first
    assert posted[:half] == posted[half:]


def test_the_answer_page_waits_for_its_broker_and_says_so(door: Settings, tmp_path: Path) -> None:
    """The real process, end to end: the page is quick to show, and thanks only for what Kafka has."""
    link = links.url(Link(pulse_id="p", client_id="c"), door, datetime.now(UTC))
    began = time.monotonic()
    assert httpx.get(link).status_code == 200
    assert time.monotonic() - began < 5
    assert httpx.post(link, data={"effort": "6", "do": "answer"}).status_code == 200
    assert [type(data) for data in _said(door)] == [PulseOpened, PulseAnswered]
    log = (door.home / "logs" / "door.log").read_text()
    assert link.rpartition("/")[2] not in log
