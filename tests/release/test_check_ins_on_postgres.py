"""Check-ins with everything external: Kafka, S3, a ledger on PostgreSQL, mail by STARTTLS and a login.

What only PostgreSQL shows: senders that run at the same moment, and migrations that do.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import inspect

from careloop.checkins.run import plan_checkins, send_checkins
from infra import landing
from infra.clock import utc_now
from infra.ledger.migrate import upgrade
from infra.ledger.models import Base
from infra.objects import Bucket
from schemas.cloudevents import Event, event
from schemas.errors import SettingError
from schemas.events import Contact, TicketResolved
from tests.consumers.making import send
from tests.release import certificates
from tests.release.mail_server import Mail
from tests.release.operator import Operator

pytestmark = pytest.mark.release

T = TypeVar("T")
CATCH_UP = ("collect", "--until-caught-up")
POLICY = """
version: 1
organisation: {name: Example, time_zone: UTC, locale: en, team_name: the support team}
live_from: 2025-01-01T00:00:00Z
quiet_hours: {start: "00:00", end: "00:00"}
programmes: {after-resolution: {delay: 1s}}
"""


def resolved(number: int) -> Event:
    """A ticket that was resolved an hour ago."""
    when = utc_now() - timedelta(hours=1)
    data = TicketResolved(
        ticket_id=f"T{number}",
        resolution_seq=1,
        resolved_at=when,
        resolved_by="human",
        client_id=f"C{number}",
        contact=Contact(email=f"c{number}@client.example"),
    )
    return event(source="/helpdesk/test", id=f"r-{number}", time=when, data=data)


@pytest.fixture
def live(external: Operator, tmp_path: Path) -> Operator:
    """A machine whose policy sends."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    return external.but(policy_file=str(policy))


def collected(operator: Operator) -> None:
    done = operator.run(*CATCH_UP)
    assert done.returncode == 0, done.stdout + done.stderr


def resolve(operator: Operator, *numbers: int) -> None:
    """Tickets are resolved, land, and are in the ledger."""
    send(operator.settings(), map(resolved, numbers))
    collected(operator)
    plan_checkins(operator.settings())


def recipients(mail: Mail) -> list[str]:
    return sorted(str(message["To"]) for message in mail.received)


def test_a_resolved_ticket_becomes_one_mail_with_an_answer_link(live: Operator, mail: Mail) -> None:
    resolve(live, 1, 2, 3)

    counts = send_checkins(live.settings())

    assert counts["sent"] == 3
    assert recipients(mail) == [f"c{number}@client.example" for number in (1, 2, 3)]
    text = mail.received[0].get_body(("plain",))
    assert text is not None
    assert "https://door.example.org/a/" in text.get_content()


def test_what_was_decided_comes_back_through_kafka_into_landing(live: Operator, mail: Mail) -> None:
    resolve(live, 1, 2)
    send_checkins(live.settings())
    collected(live)

    found = [
        kind
        for one in landing.read_new(Bucket.open(live.settings()), {}, topics=["careloop.checkins"])
        for kind in one.table["ce_type"].to_pylist()
    ]
    assert sorted(found) == ["careloop.checkin.claimed.v1"] * 2 + ["careloop.checkin.sent.v1"] * 2


def test_nobody_is_asked_twice(live: Operator, mail: Mail) -> None:
    resolve(live, 1)
    send_checkins(live.settings())
    collected(live)
    plan_checkins(live.settings())

    again = send_checkins(live.settings())

    assert "sent" not in again
    assert len(mail.received) == 1


def test_senders_at_the_same_moment_send_one_mail_per_client(live: Operator, mail: Mail) -> None:
    resolve(live, *range(30))
    counts = at_once(4, lambda: send_checkins(live.settings()))

    assert sum(one.get("sent", 0) for one in counts) == 30
    assert recipients(mail) == sorted(f"c{number}@client.example" for number in range(30))


def test_a_refused_mail_login_is_named_and_costs_no_ask(live: Operator, mail: Mail) -> None:
    resolve(live, 1)
    with pytest.raises(SettingError, match="CARELOOP_SMTP_PASSWORD"):
        send_checkins(live.but(smtp_password="wrong").settings())
    assert not mail.received

    assert send_checkins(live.settings())["sent"] == 1


def test_a_mail_server_whose_certificate_is_not_trusted_gets_no_mail(
    live: Operator, mail: Mail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(live, 1)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.make(tmp_path / "other", "another authority").ca))
    with pytest.raises(SettingError, match="CARELOOP_SMTP_HOST"):
        send_checkins(live.settings())
    assert not mail.received


def test_the_ledger_is_upgraded_by_any_number_at_once(external: Operator) -> None:
    engines = at_once(4, lambda: upgrade(external.settings()))

    assert {one.dialect.name for one in engines} == {"postgresql"}
    assert set(inspect(engines[0]).get_table_names()) > {table.name for table in Base.metadata.sorted_tables}
    for engine in engines:
        engine.dispose()


def test_preview_reads_the_ledger_and_sends_nothing(live: Operator, mail: Mail) -> None:
    resolve(live, 1)
    done = live.run("preview")
    assert done.returncode == 0, done.stderr
    assert "T1" in done.stdout
    assert not mail.received


def test_a_wrong_ledger_password_is_named(live: Operator) -> None:
    url = live.environment["CARELOOP_LEDGER_URL"].replace("a-password", "no-password")
    done = live.but(ledger_url=url).run("preview")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert "CARELOOP_LEDGER_URL" in line
    assert "no-password" not in line


def at_once(number: int, act: Callable[[], T]) -> list[T]:
    """What ``number`` threads that begin together got."""
    together = threading.Barrier(number)
    got: list[T] = []
    failed: list[BaseException] = []

    def one() -> None:
        together.wait()
        try:
            got.append(act())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    return got
