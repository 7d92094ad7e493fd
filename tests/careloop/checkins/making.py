"""Makes what the tests of check-ins are about: policies, resolutions, events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from careloop.checkins.facts import Resolution
from infra.mail import Accepted, Outcome
from schemas.cloudevents import Event, event
from schemas.events import (
    CheckinAvoided,
    CheckinClaimed,
    CheckinSent,
    CheckinUndelivered,
    ClientPreferences,
    Contact,
    EventData,
    PulseDeclined,
    TicketReopened,
    TicketResolved,
)
from schemas.policy import Policy, parse

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
"""a Monday"""

_BASE = """
version: 1
organisation: {{name: Example, time_zone: UTC, locale: en, team_name: the support team}}
live_from: {live_from}
paused: {paused}
quiet_hours: {{start: "{quiet[0]}", end: "{quiet[1]}"}}
cooldown: {cooldown}
programmes:
  after-resolution: {{delay: {delay}, stale_after: {stale_after}{more}}}
"""


def policy(
    *,
    live_from: str = "2025-01-01T00:00:00Z",
    paused: bool = False,
    quiet: tuple[str, str] = ("00:00", "00:00"),
    cooldown: str = "30d",
    delay: str = "24h",
    stale_after: str = "7d",
    more: str = "",
) -> Policy:
    """A policy that asks a day after the resolution and knows no quiet hours, unless told otherwise."""
    return parse(text(**locals()), where="policy")[0]


def text(**given: object) -> str:
    """The same as YAML."""
    defaults = {
        "live_from": "2025-01-01T00:00:00Z", "paused": False, "quiet": ("00:00", "00:00"), "cooldown": "30d",
        "delay": "24h", "stale_after": "7d", "more": "",
    }  # fmt: skip
    values = defaults | given
    return _BASE.format(**values | {"paused": str(values["paused"]).lower()})


def resolution(ticket: str = "T1", seq: int = 1, client: str = "c1", **given: object) -> Resolution:
    """One that is due for a day's delay at noon."""
    facts: dict[str, object] = {"resolved_at": NOON - timedelta(days=1), "email": f"{client}@client.test"}
    return Resolution(ticket_id=ticket, seq=seq, client_id=client, **facts | given)  # type: ignore[arg-type]


def resolved(ticket: str = "T1", seq: int = 1, client: str = "c1", **given: object) -> Event:
    facts: dict[str, object] = {
        "resolved_at": NOON - timedelta(days=1),
        "resolved_by": "human",
        "contact": Contact(email=f"{client}@client.test"),
    }
    return told(TicketResolved(ticket_id=ticket, resolution_seq=seq, client_id=client, **facts | given))  # type: ignore[arg-type]


def reopened(ticket: str = "T1", seq: int = 1, client: str = "c1", at: datetime = NOON) -> Event:
    return told(TicketReopened(ticket_id=ticket, resolution_seq=seq, client_id=client, reopened_at=at))


def wishes(client: str = "c1", at: datetime = NOON, **given: object) -> Event:
    return told(ClientPreferences(client_id=client, changed_at=at, **given))  # type: ignore[arg-type]


def unsubscribed(client: str = "c1", at: datetime = NOON) -> Event:
    return told(PulseDeclined(pulse_id="p1", client_id=client, declined_at=at, unsubscribed=True))


def decided(
    kind: type[CheckinClaimed | CheckinSent | CheckinAvoided | CheckinUndelivered],
    checkin: str,
    client: str = "c1",
    ticket: str = "T1",
    at: datetime = NOON,
) -> Event:
    """A decision of an earlier ledger."""
    base: dict[str, object] = {
        "checkin_id": checkin, "client_id": client, "programme": "after-resolution", "policy_version": "v",
        "ticket_id": ticket, "resolution_seq": 1,
    }  # fmt: skip
    own: dict[type[EventData], dict[str, object]] = {
        CheckinClaimed: {"claimed_at": at},
        CheckinSent: {"sent_at": at, "locale": "en", "template": "after-resolution", "message_id": "<m@x>"},
        CheckinAvoided: {"avoided_at": at, "reason": "cooldown"},
        CheckinUndelivered: {"undelivered_at": at, "reason": "550 no such user"},
    }
    return told(kind(**base | own[kind]))  # type: ignore[arg-type]


_told = 0


def told(data: EventData) -> Event:
    """An event with an id of its own."""
    global _told
    _told += 1
    return event(source="/tests", id=f"e{_told}", time=NOON, data=data)


@dataclass
class Publishing:
    """Stands for Kafka: keeps what was flushed; fails on request."""

    acknowledged: list[Event] = field(default_factory=list)
    failing: Exception | None = None
    _queued: list[Event] = field(default_factory=list)

    def send(self, event: Event) -> None:
        self._queued.append(event)

    def flush(self) -> None:
        queued, self._queued = self._queued, []
        if self.failing is not None:
            raise self.failing
        self.acknowledged += queued

    def types(self) -> list[str]:
        return [event.type.split(".")[2] for event in self.acknowledged]


@dataclass
class Mailing:
    """Stands for a mail server: answers as told, then accepts."""

    answers: list[Outcome | BaseException] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def send(self, message: EmailMessage, to: str) -> Outcome:
        self.sent.append(to)
        answer = self.answers.pop(0) if self.answers else Accepted()
        if isinstance(answer, BaseException):
            raise answer
        return answer


def reasons(decisions: Sequence[object]) -> list[str]:
    """Each decision as one word, or its reason."""
    return [getattr(decision, "reason", "ask") for decision in decisions]
