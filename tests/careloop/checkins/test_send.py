"""Claim, tell, send, record: at most once, whatever stops, and however many try."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from careloop.checkins import claims
from careloop.checkins.facts import Ask
from careloop.checkins.rules import due
from careloop.checkins.send import BUDGET, Sender
from careloop.checkins.view import in_doubt, undecided, view
from infra.ledger import outbox
from infra.ledger.engine import reading, writing
from infra.ledger.models import AskRow, OutboxRow, PreferenceRow, ReopenRow, ResolutionRow
from infra.mail import Accepted, Refused, TryLater, Unknown
from infra.settings import Settings
from schemas.errors import SettingError, Unavailable
from schemas.policy import Policy
from tests.careloop.checkins.making import NOON, Mailing, Publishing, policy, resolution


class Clock:
    """Stands still unless told to move."""

    def __init__(self, step: timedelta = timedelta(0)) -> None:
        self.now, self.step = NOON, step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def fill(ledger: Engine, *tickets: str, client: Callable[[str], str] = lambda ticket: f"c-{ticket}") -> None:
    with writing(ledger) as session:
        for ticket in tickets:
            session.add(ResolutionRow(**vars(resolution(ticket, client=client(ticket)))))


def asks(ledger: Engine, rules: Policy, now: datetime = NOON) -> list[Ask]:
    with reading(ledger) as session:
        found = undecided(session, rules.programmes)
        return [d for d in due(found, view(session, found), rules, now) if isinstance(d, Ask)]


def sender(
    ledger: Engine,
    local: Settings,
    mailing: Mailing,
    publishing: Publishing | None = None,
    clock: Clock | None = None,
) -> Sender:
    return Sender(
        engine=ledger, policy=policy(), version="v1", prompt=None, settings=local, mailer=mailing,
        publisher=publishing or Publishing(), clock=clock or Clock(),
    )  # fmt: skip


def states(ledger: Engine) -> dict[str | None, str]:
    with reading(ledger) as session:
        return {row.ticket_id: row.state for row in session.scalars(select(AskRow))}


def queued(ledger: Engine) -> list[str]:
    with reading(ledger) as session:
        return [row.type.split(".")[2] for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))]


def test_an_ask_is_claimed_told_sent_and_recorded(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1")
    mailing, publishing = Mailing(), Publishing()
    sender(ledger, local, mailing, publishing).make(asks(ledger, policy()), 10)
    assert mailing.sent == ["c-T1@client.test"]
    assert states(ledger) == {"T1": "sent"}
    assert publishing.types() == ["claimed"]
    assert queued(ledger) == ["sent"]
    assert asks(ledger, policy()) == []


def test_kafka_knows_of_the_claim_before_the_message_leaves(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1")
    publishing = Publishing()

    class Watching(Mailing):
        def send(self, message: object, to: str) -> Accepted:
            assert publishing.types() == ["claimed"]
            return Accepted()

    sender(ledger, local, Watching(), publishing).make(asks(ledger, policy()), 10)
    assert states(ledger) == {"T1": "sent"}


def test_without_kafkas_acknowledgement_nothing_leaves_and_the_claim_is_given_back(
    ledger: Engine, local: Settings
) -> None:
    fill(ledger, "T1")
    mailing = Mailing()
    with pytest.raises(Unavailable):
        sender(ledger, local, mailing, Publishing(failing=Unavailable("no broker"))).make(
            asks(ledger, policy()), 10
        )
    assert mailing.sent == []
    assert states(ledger) == {"T1": "planned"}
    sender(ledger, local, mailing).make(asks(ledger, policy()), 10)
    assert states(ledger) == {"T1": "sent"}


def test_a_refused_message_is_undelivered_and_never_repeated(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1")
    sender(ledger, local, Mailing([Refused("550 no such user")])).make(asks(ledger, policy()), 10)
    assert states(ledger) == {"T1": "undelivered"}
    assert queued(ledger) == ["undelivered"]
    assert asks(ledger, policy(), NOON + timedelta(days=2)) == []


def test_a_message_put_off_is_tried_again_later_and_later(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1")
    for wait in (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)):
        clock = Clock()
        clock.now = _next_ask(ledger)
        sender(ledger, local, Mailing([TryLater("450 greylisted")]), clock=clock).make(
            asks(ledger, policy(), clock.now), 10
        )
        assert _next_ask(ledger) == clock.now + wait
    assert queued(ledger) == []


def _next_ask(ledger: Engine) -> datetime:
    with reading(ledger) as session:
        row = session.scalars(select(AskRow)).first()
        return row.due_at if row and row.due_at else NOON


def test_a_server_that_takes_nothing_ends_the_run_and_costs_no_ask(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1", "T2")
    mailing = Mailing([TryLater("421 closing", server_wide=True)])
    with pytest.raises(Unavailable, match="421 closing"):
        sender(ledger, local, mailing).make(asks(ledger, policy()), 10)
    assert len(mailing.sent) == 1
    assert len(asks(ledger, policy())) == 2


def test_wrong_credentials_end_the_run_and_cost_no_ask(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1", "T2")
    with pytest.raises(SettingError):
        sender(ledger, local, Mailing([SettingError("CARELOOP_SMTP_PASSWORD")])).make(
            asks(ledger, policy()), 10
        )
    assert len(asks(ledger, policy())) == 2


def test_a_line_cut_in_the_text_leaves_the_ask_in_doubt(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1")
    sender(ledger, local, Mailing([Unknown("cut")])).make(asks(ledger, policy()), 10)
    with reading(ledger) as session:
        [row] = in_doubt(session)
        assert (row.ticket_id, row.reason) == ("T1", "cut")
    assert asks(ledger, policy()) == []


class Killed(BaseException):
    """Stands for a process that is gone: nothing of ours may handle it."""


@pytest.mark.parametrize(
    "where", ["after the claim", "while kafka is told", "in the mail", "before the record"]
)
def test_a_crash_between_claim_and_record_never_sends_twice_and_is_listed(
    ledger: Engine, local: Settings, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger, "T1")
    mailing, publishing = Mailing(), Publishing()

    def killed(*_: object, **__: object) -> None:
        raise Killed

    if where == "after the claim":
        monkeypatch.setattr("careloop.checkins.send.compose", killed)
    elif where == "while kafka is told":
        monkeypatch.setattr(publishing, "flush", killed)
    elif where == "in the mail":
        mailing.answers.append(Killed())
    else:
        monkeypatch.setattr("careloop.checkins.claims.settle", killed)
    with pytest.raises(Killed):
        sender(ledger, local, mailing, publishing).make(asks(ledger, policy()), 10)
    monkeypatch.undo()

    tomorrow = NOON + timedelta(days=1)
    assert asks(ledger, policy(), tomorrow) == []
    assert claims.doubt_abandoned(ledger, NOON + timedelta(minutes=5)) == 0, "its sender may still be alive"
    assert claims.doubt_abandoned(ledger, tomorrow) == 1
    with reading(ledger) as session:
        assert [row.ticket_id for row in in_doubt(session)] == ["T1"]
    assert asks(ledger, policy(), tomorrow) == []
    assert len(mailing.sent) <= 1


def test_one_ask_that_cannot_be_written_does_not_hold_up_the_others(
    ledger: Engine, local: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger, "T1", "T2")
    with monkeypatch.context() as patched:
        patched.setattr("careloop.checkins.send.compose", lambda *_: (_ for _ in ()).throw(ValueError("odd")))
        with pytest.raises(ValueError, match="odd"):
            sender(ledger, local, Mailing()).make(asks(ledger, policy()), 10)
    later = asks(ledger, policy())
    assert [ask.resolution.ticket_id for ask in later] == ["T2"]


@pytest.mark.parametrize("change", ["reopened", "opted out"])
def test_the_rules_are_judged_again_at_the_moment_of_sending(
    ledger: Engine, local: Settings, change: str
) -> None:
    fill(ledger, "T1")
    planned = asks(ledger, policy())
    with writing(ledger) as session:
        if change == "reopened":
            session.add(ReopenRow(ticket_id="T1", seq=1, reopened_at=NOON))
        else:
            session.add(PreferenceRow(client_id="c-T1", field="opted_out", value="true", changed_at=NOON))
    mailing = Mailing()
    sender(ledger, local, mailing).make(planned, 10)
    assert mailing.sent == []
    assert states(ledger) == {"T1": "avoided"}


def test_two_senders_send_one_mail_per_ask_and_one_per_client(ledger: Engine, local: Settings) -> None:
    """Both plan first, then both send: the ledger decides who."""
    tickets = [f"T{number}" for number in range(24)]
    fill(ledger, *tickets, client=lambda ticket: f"c{int(ticket[1:]) // 2}")
    rules = policy(cooldown="0s")
    planned = asks(ledger, rules)
    assert len(planned) == 24
    mailing = Mailing()
    ready = threading.Barrier(2)
    failures: list[BaseException] = []

    def run(order: list[Ask]) -> None:
        mine = sender(ledger, local, mailing)
        ready.wait()
        try:
            mine.make(order, 100)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(order,)) for order in (planned, planned[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    # senders judge by a cooldown of 30 days
    assert sorted(mailing.sent) == sorted(f"c{number}@client.test" for number in range(12))
    assert sorted(states(ledger).values()) == ["avoided"] * 12 + ["sent"] * 12


def test_avoided_asks_are_recorded_once_with_one_event_each(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1", "T2")
    rules = policy(live_from="2026-01-01T00:00:00Z")
    with reading(ledger) as session:
        found = undecided(session, rules.programmes)
        decisions = due(found, view(session, found), rules, NOON)
    assert claims.avoid(ledger, decisions, "v1", NOON) == 2  # type: ignore[arg-type]
    assert claims.avoid(ledger, decisions, "v1", NOON) == 0  # type: ignore[arg-type]
    assert queued(ledger) == ["avoided", "avoided"]


def test_a_run_stops_at_its_limit_and_at_its_time(ledger: Engine, local: Settings) -> None:
    fill(ledger, "T1", "T2", "T3")
    first = sender(ledger, local, Mailing())
    first.make(asks(ledger, policy()), 1)
    assert (first.counts["sent"], first.counts["left_for_the_next_run"]) == (1, 2)
    slow = sender(ledger, local, Mailing(), clock=Clock(step=BUDGET))
    slow.make(asks(ledger, policy()), 10)
    assert slow.counts["left_for_the_next_run"] == 2


@pytest.fixture
def told(ledger: Engine, local: Settings) -> Engine:
    fill(ledger, "T1")
    sender(ledger, local, Mailing()).make(asks(ledger, policy()), 10)
    return ledger


def test_the_outbox_keeps_an_event_until_kafka_has_it(told: Engine) -> None:
    with pytest.raises(Unavailable):
        outbox.drain(told, Publishing(failing=Unavailable("no broker")))
    assert queued(told) == ["sent"]
    publishing = Publishing()
    assert outbox.drain(told, publishing) == 1
    assert queued(told) == []
    [event] = publishing.acknowledged
    assert event.id.endswith(":sent")
    assert event.decoded().sent_at == NOON  # type: ignore[attr-defined]
