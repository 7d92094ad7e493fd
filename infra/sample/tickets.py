"""The sample's tickets: who needed help with what, when it was resolved, and whether that held. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import TypeVar

from infra.sample import scene
from infra.sample.people import Person
from infra.sample.weeks import CURRENT, FIRST, ORGANISATION_ZONE, SECOND, Weeks, awake

OPENS, CLOSES = time(8, 30), time(19, 30)
"""when tickets are resolved, by the client's own clock"""

LAST_RESOLUTION = timedelta(hours=1)
"""Nothing is resolved this shortly before the anchor, so that history has decided about all of it."""

_OUTAGE_BEGINS, _OUTAGE_LASTS = time(10, 5), timedelta(hours=3, minutes=40)
_MIDWEEK = 4
"""reopened tickets were first resolved before Friday, so that they are resolved again in the same week"""

T = TypeVar("T")


@dataclass(frozen=True)
class Ticket:
    """One ticket. A reopen follows the resolution of the same place in its list."""

    ticket_id: str
    person: Person
    product: scene.Product
    moment: scene.Moment
    channel: str
    opened: datetime
    resolved: tuple[datetime, ...]
    reopened: tuple[datetime, ...] = ()
    auto: bool = False
    outage: bool = False
    week: int = CURRENT


@dataclass(frozen=True)
class Outage:
    """The one outage: Wednesday of the second week, in the organisation's morning."""

    started: datetime
    ended: datetime

    @classmethod
    def of(cls, weeks: Weeks) -> "Outage":
        started = weeks.moment(SECOND, 2, _OUTAGE_BEGINS, ORGANISATION_ZONE)
        return cls(started, started + _OUTAGE_LASTS)


def tickets(seed: int, weeks: Weeks, people: Sequence[Person], resolutions: int) -> Iterator[Ticket]:
    """The tickets of all three weeks: ``resolutions`` resolutions in the first two, the same pace since.

    What happens in the last hour before the anchor, or after it, has not happened yet and is left out.
    """
    outage = Outage.of(weeks)
    quotas = {FIRST: resolutions // 2, SECOND: resolutions - resolutions // 2, CURRENT: resolutions // 2}
    for week, quota in quotas.items():
        again = round(quota * scene.REOPENED)
        count = quota - again
        for index, who in enumerate(_clients(Random(f"{seed}/week/{week}"), week, people, count)):
            rng = Random(f"{seed}/ticket/{week}/{index}")
            ticket = _ticket(rng, f"T-{week + 1}{index:05d}", who, weeks, week)
            if index < again:
                ticket = _reopened(rng, ticket, weeks, week)
            elif week == SECOND and index >= count - round(count * scene.OUTAGE_TICKETS):
                ticket = _of_outage(rng, ticket, outage)
            past = _until(ticket, weeks.anchor - LAST_RESOLUTION)
            if past is not None:
                yield past


def _clients(rng: Random, week: int, people: Sequence[Person], count: int) -> list[Person]:
    """Who a week's tickets belong to: each client of the week at least once, then by appetite."""
    present = list(people) if week == CURRENT else [one for one in people if week in one.weeks]
    present = present or list(people)
    first = rng.sample(present, min(len(present), count)) if week != CURRENT else []
    more = rng.choices(present, [one.appetite for one in present], k=count - len(first))
    everyone = first + more
    rng.shuffle(everyone)
    return everyone


def _ticket(rng: Random, ticket_id: str, who: Person, weeks: Weeks, week: int) -> Ticket:
    weekday = rng.choices(range(7), scene.WEEKDAYS)[0]
    resolved = weeks.moment(week, weekday, _clock(rng), who.tz)
    moment = _pick(rng, scene.MOMENTS, [one.share for one in scene.MOMENTS])
    auto = rng.random() < scene.AUTO_RESOLVED
    hours = rng.uniform(0.01, 0.5) if auto else min(rng.lognormvariate(1.6, 1.1), 120)
    return Ticket(
        ticket_id=ticket_id,
        person=who,
        product=_pick(rng, scene.PRODUCTS, [one.share for one in scene.PRODUCTS]),
        moment=moment,
        channel=scene.pick(rng, scene.CHANNELS),
        opened=resolved - timedelta(hours=hours),
        resolved=(resolved,),
        auto=auto,
        week=week,
    )


def _reopened(rng: Random, ticket: Ticket, weeks: Weeks, week: int) -> Ticket:
    """The same ticket, resolved by a person before Friday, reopened, and resolved again within the week."""
    weekday = rng.randrange(_MIDWEEK)
    first = weeks.moment(week, weekday, _clock(rng), ticket.person.tz)
    reopened = first + timedelta(hours=rng.uniform(2, 20))
    again = awake(reopened + timedelta(hours=rng.uniform(1, 16)), ticket.person.tz, OPENS, CLOSES)
    opened = first - timedelta(hours=rng.uniform(1, 30))
    return replace(ticket, opened=opened, resolved=(first, again), reopened=(reopened,), auto=False)


def _of_outage(rng: Random, ticket: Ticket, outage: Outage) -> Ticket:
    fault = next(one for one in scene.MOMENTS if one.name == "technical-fault")
    opened = outage.started + rng.random() * (outage.ended - outage.started)
    resolved = outage.ended + timedelta(minutes=rng.uniform(5, 300))
    return replace(
        ticket, product=scene.FALL, moment=fault, opened=opened, resolved=(resolved,), auto=False, outage=True
    )


def _until(ticket: Ticket, end: datetime) -> Ticket | None:
    """What had happened to the ticket by ``end``; None if it had not been opened."""
    if ticket.opened >= end:
        return None
    resolved = tuple(moment for moment in ticket.resolved if moment < end)
    reopened = tuple(moment for moment in ticket.reopened if moment < end)
    return replace(ticket, resolved=resolved, reopened=reopened)


def _clock(rng: Random) -> time:
    minutes = rng.triangular(OPENS.hour * 60 + 30, CLOSES.hour * 60 + 29, 11 * 60)
    return time(int(minutes) // 60, int(minutes) % 60, rng.randrange(60))


def _pick(rng: Random, values: Sequence[T], shares: Sequence[float]) -> T:
    return rng.choices(values, shares)[0]
