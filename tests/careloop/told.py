"""Events for tests of curation and metrics, told in one line each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas import events
from schemas.cloudevents import Event, event
from schemas.policy import Policy, parse

HELPDESK = "helpdesk.test"
MONDAY = datetime(2025, 6, 2, 9, 0, tzinfo=UTC)
"""a Monday; nothing special happens to clocks near it"""


def policy(zone: str = "UTC", **privacy: int) -> Policy:
    limits = "".join(f", {name}: {value}" for name, value in privacy.items())
    text = (
        f"version: 1\norganisation: {{name: Acme, time_zone: {zone}}}\n"
        f"programmes: {{after-resolution: {{delay: 1h}}}}\nprivacy: {{min_clients: 5{limits}}}\n"
    )
    return parse(text, where="policy.yaml")[0]


def at(days: float = 0, hours: float = 0) -> datetime:
    return MONDAY + timedelta(days=days, hours=hours)


def resolved(
    ticket: str, client: str, when: datetime, seq: int = 1, source: str = HELPDESK, **more: Any
) -> Event:
    given: dict[str, Any] = {
        "ticket_id": ticket,
        "client_id": client,
        "resolved_at": when,
        "resolution_seq": seq,
    }
    data = events.TicketResolved(**given | {"resolved_by": "human"} | more)
    return event(source=source, id=f"{ticket}/resolved/{seq}", time=when, data=data)


def reopened(ticket: str, client: str, when: datetime, seq: int = 1, source: str = HELPDESK) -> Event:
    data = events.TicketReopened(ticket_id=ticket, client_id=client, resolution_seq=seq, reopened_at=when)
    return event(source=source, id=f"{ticket}/reopened/{seq}", time=when, data=data)


def answered(pulse: str, client: str, rating: int, when: datetime, **more: Any) -> Event:
    scale = {name: more.pop(name) for name in ("scale_max", "direction") if name in more}
    data = events.PulseAnswered(
        pulse_id=pulse, client_id=client, effort=events.Effort(raw=rating, **scale), answered_at=when, **more
    )
    return event(source="door.test", id=f"{pulse}/{when.isoformat()}", time=when, data=data)


def opened(checkin: str, client: str, when: datetime) -> Event:
    data = events.PulseOpened(pulse_id=checkin, checkin_id=checkin, client_id=client, opened_at=when)
    return event(source="door.test", id=f"{checkin}/opened", time=when, data=data)


def declined(checkin: str, client: str, when: datetime) -> Event:
    data = events.PulseDeclined(pulse_id=checkin, checkin_id=checkin, client_id=client, declined_at=when)
    return event(source="door.test", id=f"{checkin}/declined", time=when, data=data)


def decided(what: str, checkin: str, client: str, when: datetime, **more: Any) -> Event:
    """``what``: claimed, sent, avoided or undelivered."""
    kinds: dict[str, Any] = {
        "claimed": events.CheckinClaimed,
        "sent": events.CheckinSent,
        "avoided": events.CheckinAvoided,
        "undelivered": events.CheckinUndelivered,
    }
    defaults: dict[str, Any] = {
        "sent": {"locale": "en", "template": "after-resolution", "message_id": f"<{checkin}@test>"}
    }.get(what, {})
    data = kinds[what](
        **{"checkin_id": checkin, "client_id": client, "programme": "after-resolution", "policy_version": "p"}
        | {f"{what}_at": when}
        | defaults
        | more
    )
    return event(source="careloop", id=f"{checkin}/{what}", time=when, data=data)


def numbered(prefix: str, count: int) -> Iterator[tuple[int, str]]:
    yield from ((number, f"{prefix}{number}") for number in range(count))
