"""The check-ins of the past: one decision for each resolution that the history holds. Pure.

The sample's organisation asked about a day after a resolution, in the client's waking hours, once per
ticket and once per client in the cooldown; what it did not ask has its reason. Nothing is left for the
present to decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from infra.sample import scene
from infra.sample.people import Person
from infra.sample.tickets import Ticket
from infra.sample.weeks import ORGANISATION_ZONE, awake
from schemas.identifiers import checkin_id
from schemas.policy import AvoidReason

COOLDOWN = timedelta(days=14)
_BEFORE_ANCHOR = timedelta(minutes=10)
_SOON = timedelta(minutes=12)
_DAY_OPENS, _DAY_CLOSES = time(9), time(19, 45)

SENT, REFUSED, BOUNCED = "sent", "refused", "bounced"
_REFUSED_SHARE, _BOUNCED_SHARE, _UNSUBSCRIBED_SHARE = 0.004, 0.008, 0.008


@dataclass(frozen=True)
class Ask:
    """One decision: ``outcome`` is `SENT`, `BOUNCED` (sent, then returned), `REFUSED`, or a reason."""

    checkin_id: str
    ticket: Ticket
    resolution_seq: int
    decided: datetime
    outcome: str

    @property
    def person(self) -> Person:
        return self.ticket.person

    @property
    def month(self) -> str:
        """The month of the ask, by the organisation's calendar."""
        return f"{self.decided.astimezone(ORGANISATION_ZONE):%Y-%m}"


def asks(seed: int, tickets: Sequence[Ticket], anchor: datetime) -> Iterator[Ask]:
    """Every decision about the resolutions of one client's ``tickets``, in order of time."""
    due = sorted(
        (_due(seed, ticket, number, resolved, anchor), ticket.ticket_id, number, ticket)
        for ticket in tickets
        for number, resolved in enumerate(ticket.resolved, start=1)
    )
    asked: set[str] = set()
    last: datetime | None = None
    gone = False
    for moment, ticket_id, number, ticket in due:
        reason = _why_not(ticket, number, moment, asked, last)
        if reason is None and gone:
            reason = AvoidReason.OPTED_OUT
        outcome = reason if reason is not None else _delivery(seed, ticket_id, number)
        if reason is None:
            asked.add(ticket_id)
            last = moment
        ask = Ask(checkin_id(scene.PROGRAMME, ticket_id, number), ticket, number, moment, outcome)
        gone = gone or (outcome == SENT and unsubscribes(seed, ask.checkin_id))
        yield ask


def unsubscribes(seed: int, checkin_id: str) -> bool:
    """Whether the client answers this check-in by asking for no more of them."""
    return Random(f"{seed}/unsubscribes/{checkin_id}").random() < _UNSUBSCRIBED_SHARE


def _due(seed: int, ticket: Ticket, number: int, resolved: datetime, anchor: datetime) -> datetime:
    """About a day later; sooner for what was resolved so late that the anchor would come first."""
    rng = Random(f"{seed}/due/{ticket.ticket_id}/{number}")
    zone = ticket.person.tz
    due = awake(resolved + timedelta(hours=rng.uniform(18, 24)), zone, _DAY_OPENS, _DAY_CLOSES)
    if due < anchor - _BEFORE_ANCHOR:
        return due
    return resolved + _SOON + rng.random() * timedelta(minutes=15)


def _why_not(
    ticket: Ticket, number: int, due: datetime, asked: set[str], last: datetime | None
) -> AvoidReason | None:
    if ticket.auto:
        return AvoidReason.AUTO_RESOLVED
    if ticket.person.opted_out:
        return AvoidReason.OPTED_OUT
    if ticket.person.email is None:
        return AvoidReason.NO_CONTACT
    if number <= len(ticket.reopened) and ticket.reopened[number - 1] < due:
        return AvoidReason.REOPENED
    if ticket.ticket_id in asked:
        return AvoidReason.ALREADY_ASKED
    if last is not None and due - last < COOLDOWN:
        return AvoidReason.COOLDOWN
    return None


def _delivery(seed: int, ticket_id: str, number: int) -> str:
    draw = Random(f"{seed}/delivery/{ticket_id}/{number}").random()
    if draw < _REFUSED_SHARE:
        return REFUSED
    return BOUNCED if draw < _REFUSED_SHARE + _BOUNCED_SHARE else SENT
