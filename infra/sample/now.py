"""Tickets that are resolved at the present: mostly of clients who were never asked before. Pure.

They are spread evenly over the six time zones, so that at any hour some clients are awake and some are
in their quiet hours; a few show why an ask is not made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from infra.sample import helpdesk, scene
from infra.sample.people import FRESH, Person, person
from infra.sample.tickets import Ticket
from schemas.cloudevents import Event

PER_ZONE = 7
AUTO, OPTED_OUT, COOLDOWN = 3, 3, 3
_NUMBERS_PER_RUN = 1_000


@dataclass(frozen=True)
class Present:
    """One run's tickets: those a check-in is due for, and those that show a reason."""

    asked: list[Ticket]
    avoided: dict[str, list[Ticket]]

    @property
    def tickets(self) -> list[Ticket]:
        return self.asked + [ticket for group in self.avoided.values() for ticket in group]


def present(seed: int, clients: int, run: int, now: datetime) -> Present:
    """The tickets of run number ``run`` (1 for the first), all resolved shortly before ``now``."""
    rng = Random(f"{seed}/now/{run}")
    first = FRESH + run * _NUMBERS_PER_RUN
    count = PER_ZONE * len(scene.PLACES)
    asked = [_ticket(rng, run, index, person(seed, first + index), now) for index in range(count)]
    fresh = iter(person(seed, first + index) for index in range(count, count + AUTO))
    auto = [replace(_ticket(rng, run, count + n, next(fresh), now), auto=True) for n in range(AUTO)]
    leavers = _opted_out(seed, clients)[:OPTED_OUT]
    opted = [_ticket(rng, run, count + AUTO + n, who, now) for n, who in enumerate(leavers)]
    # Three zones with a gap between them: at any hour one of them is awake.
    start = count + AUTO + OPTED_OUT
    again = [_ticket(rng, run, start + n, asked[2 * n].person, now) for n in range(COOLDOWN)]
    return Present(asked, {"auto-resolved": auto, "opted-out": opted, "cooldown": again})


def events(seed: int, tickets: list[Ticket]) -> Iterator[Event]:
    """What the helpdesk says of them."""
    for ticket in tickets:
        yield from helpdesk.events(seed, ticket)


def _ticket(rng: Random, run: int, index: int, who: Person, now: datetime) -> Ticket:
    moment = rng.choices(scene.MOMENTS, [one.share for one in scene.MOMENTS])[0]
    return Ticket(
        ticket_id=f"N-{run:04d}-{index:03d}",
        person=who,
        product=rng.choices(scene.PRODUCTS, [one.share for one in scene.PRODUCTS])[0],
        moment=moment,
        channel=scene.pick(rng, scene.CHANNELS),
        opened=now - timedelta(hours=rng.uniform(0.5, 20)),
        resolved=(now - timedelta(seconds=rng.uniform(0.1, 5)),),
    )


def _opted_out(seed: int, clients: int) -> list[Person]:
    return [who for number in range(clients) if (who := person(seed, number)).opted_out and who.email]
