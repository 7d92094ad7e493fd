"""What a form says, as events. Pure: no web server, no clock, no Kafka.

Ids are functions of what was said and of the minute, so that a form sent twice is one answer, and a
changed mind is a new one that replaces the first.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.links import Link
from schemas.cloudevents import Event, event
from schemas.events import (
    ClientPreferences,
    Effort,
    EventData,
    FollowupRequested,
    PulseAnswered,
    PulseDeclined,
    PulseOpened,
)

SOURCE = "careloop/door"
MAX_NOTE = 5_000
RATINGS = range(1, 8)


@dataclass(frozen=True)
class Form:
    """What a client chose and wrote."""

    effort: int | None = None
    note: str = ""
    may_quote: bool = False

    @property
    def too_long(self) -> bool:
        return len(self.note) > MAX_NOTE


def form(fields: dict[str, str]) -> Form:
    """The form in posted fields. What is no rating counts as none chosen."""
    note = fields.get("note", "").replace("\r\n", "\n").replace("\x00", "").strip()
    return Form(rating(fields.get("effort", "")), note, fields.get("may_quote") == "yes")


def rating(text: str) -> int | None:
    """The rating in ``text``, 1 to 7; None for anything else."""
    return int(text) if text in {str(number) for number in RATINGS} else None


def opened(link: Link, now: datetime) -> Event:
    """The page was opened; opened again it is the same event."""
    data = PulseOpened(opened_at=now, **_who(link))
    return _event(f"{link.pulse_id}/opened", now, data)


def answered(link: Link, said: Form, effort: int, now: datetime) -> Event:
    """An answer. A second one is an event of its own and, being later, counts instead."""
    data = PulseAnswered(
        effort=Effort(raw=effort),
        note=said.note or None,
        may_quote=said.may_quote and bool(said.note),
        answered_at=now,
        prompt_id=link.prompt_id,
        **_who(link),
    )
    said_what = hashlib.sha256(f"{effort}|{said.may_quote}|{said.note}".encode()).hexdigest()[:16]
    return _event(f"{link.pulse_id}/answered/{_minute(now)}/{said_what}", now, data)


def declined(link: Link, now: datetime) -> Event:
    """No thanks: a good answer too."""
    return _event(f"{link.pulse_id}/declined", now, PulseDeclined(declined_at=now, **_who(link)))


def unsubscribed(link: Link, now: datetime) -> list[Event]:
    """No check-ins any more, of any kind."""
    name = f"{link.pulse_id}/stop/{_minute(now)}"
    wish = ClientPreferences(client_id=link.client_id, changed_at=now, opted_out=True)
    refusal = PulseDeclined(declined_at=now, unsubscribed=True, **_who(link))
    return [_event(name, now, wish), _event(f"{name}/declined", now, refusal)]


def not_fixed(link: Link, now: datetime) -> Event:
    """Something is still not right: one request per check-in, however often it is said."""
    data = FollowupRequested(
        followup_id=f"f-{link.pulse_id}",
        client_id=link.client_id,
        requested_at=now,
        reason="not_fixed",
        ticket_id=link.ticket_id,
        checkin_id=link.checkin_id,
    )
    return _event(f"{link.pulse_id}/not-fixed", now, data)


def _who(link: Link) -> dict[str, Any]:
    return {
        "pulse_id": link.pulse_id,
        "client_id": link.client_id,
        "checkin_id": link.checkin_id,
        "ticket_id": link.ticket_id,
    }


def _minute(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M}"


def _event(name: str, now: datetime, data: EventData) -> Event:
    return event(source=SOURCE, id=name, time=now, data=data)
