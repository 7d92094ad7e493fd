"""The whole past of the sample, put together: from a seed and an anchor to the records that arrive. Pure.

Everything in it happened before the anchor, and every resolution in it has exactly one decision about
its check-in, so that the present has nothing left to ask about the past.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random

from infra.sample import checkins, helpdesk, noise, replies, scene
from infra.sample.asks import Ask, asks
from infra.sample.checkins import PromptOf
from infra.sample.noise import Record
from infra.sample.people import Person, person
from infra.sample.tickets import Outage, Ticket, tickets
from infra.sample.weeks import Weeks
from schemas.cloudevents import Event, event
from schemas.events import CheckinSent, ClientPreferences

MALFORMED = 30


@dataclass(frozen=True)
class Scale:
    """How large the sample is, and what it needs to know of the installation it is played in."""

    seed: int = 7
    clients: int = 2_000
    resolutions: int = 5_200
    policy_version: str = "0" * 64
    mail_domain: str = "localhost"


@dataclass
class History:
    """All events, each once and in the order they happened; the records, in the order they arrive."""

    weeks: Weeks
    events: list[Event] = field(default_factory=list)
    malformed: list[Record] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def history(scale: Scale, anchor: datetime, prompt_of: PromptOf = lambda month: None) -> History:
    """The history that ends at ``anchor``."""
    weeks, prompt_of = Weeks.before(anchor), cache(prompt_of)
    people = [person(scale.seed, number) for number in range(scale.clients)]
    past = list(tickets(scale.seed, weeks, people, scale.resolutions))
    decided = list(_decisions(scale.seed, past, anchor))
    found = [one for who in people for one in _preferences(scale.seed, who, weeks)]
    found += [one for ticket in past for one in helpdesk.events(scale.seed, ticket)]
    found += helpdesk.outage_events(Outage.of(weeks), past, anchor)
    asked = [one for ask in decided for one in _asked(scale, ask, prompt_of)]
    found += asked
    found += _replied(scale.seed, decided, asked, weeks)
    result = History(weeks)
    result.events = sorted(
        (one for one in found if _time(one) < anchor), key=lambda one: (_time(one), one.id)
    )
    example = next(one for one in result.events if one.type == "careloop.ticket.resolved.v1")
    result.malformed = list(noise.malformed(scale.seed, example, MALFORMED))
    result.records = noise.arrivals(scale.seed, result.events, result.malformed)
    return result


def _decisions(seed: int, past: list[Ticket], anchor: datetime) -> Iterator[Ask]:
    by_client: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in past:
        by_client[ticket.person.client_id].append(ticket)
    for theirs in by_client.values():
        yield from asks(seed, theirs, anchor)


def _asked(scale: Scale, ask: Ask, prompt_of: PromptOf) -> Iterator[Event]:
    return checkins.events(scale.seed, ask, scale.policy_version, scale.mail_domain, prompt_of)


def _replied(seed: int, decided: list[Ask], asked: list[Event], weeks: Weeks) -> Iterator[Event]:
    sent = [one.decoded() for one in asked if one.type == CheckinSent.TYPE]
    prompts = {one.checkin_id: one.prompt_id for one in sent if isinstance(one, CheckinSent)}
    came = [found for ask in decided if (found := replies.reply(seed, ask)) is not None]
    return replies.events(seed, [one for one in came if one.replied < weeks.anchor], weeks, prompts)


def _preferences(seed: int, who: Person, weeks: Weeks) -> Iterator[Event]:
    """What a client told us in the month before: where they are, their quiet hours, no more questions."""
    rng = Random(f"{seed}/preferences/{who.client_id}")
    moment = weeks.start(0) - timedelta(days=rng.uniform(1, 30))
    said: list[ClientPreferences] = []
    if who.says_where:
        said.append(
            ClientPreferences(
                client_id=who.client_id, changed_at=moment, time_zone=who.zone, locale=who.locale
            )
        )
    if who.quiet_hours is not None:
        said.append(
            ClientPreferences(client_id=who.client_id, changed_at=moment, quiet_hours=who.quiet_hours)
        )
    if who.opted_out:
        said.append(ClientPreferences(client_id=who.client_id, changed_at=moment, opted_out=True))
    for number, wish in enumerate(said):
        name = f"{who.client_id}/preferences/{number}"
        yield event(source=scene.ACCOUNT_PAGES, id=name, time=moment, data=wish)


def _time(one: Event) -> datetime:
    assert one.time is not None
    return one.time
