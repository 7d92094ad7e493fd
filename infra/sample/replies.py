"""What clients did with the check-ins they got: answer, decline, open, or stay silent. Pure.

Two steps, because a rating depends on its neighbours: first who replies when, then the ratings of each
product and week in the order they were given (see `ratings`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from infra.sample import ratings, scene, words
from infra.sample.asks import SENT, Ask, unsubscribes
from infra.sample.weeks import FIRST, Weeks
from schemas.cloudevents import Event, event
from schemas.events import (
    ClientPreferences,
    Effort,
    EventData,
    FollowupAnswered,
    FollowupRequested,
    PulseAnswered,
    PulseDeclined,
    PulseOpened,
)
from schemas.identifiers import pulse_id

ANSWERED, DECLINED, OPENED = "answered", "declined", "opened"
_ANSWERED, _DECLINED, _OPENED = 0.45, 0.08, 0.10
_LATE, _TWICE, _NOTE, _QUOTE, _NOT_FIXED = 0.04, 0.02, 0.38, 0.12, 0.12
_WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class Reply:
    """One client's reaction to one check-in."""

    ask: Ask
    kind: str
    opened: datetime
    replied: datetime
    again: datetime | None
    """when a second answer came, which replaces the first"""

    @property
    def pulse_id(self) -> str:
        return pulse_id(self.ask.checkin_id)


def reply(seed: int, ask: Ask) -> Reply | None:
    """How the client reacts; None is silence, which is an answer too."""
    if ask.outcome != SENT:
        return None
    rng = Random(f"{seed}/reply/{ask.checkin_id}")
    gone = unsubscribes(seed, ask.checkin_id)
    draw, late = rng.random(), rng.random() < _LATE and not gone
    wait = timedelta(hours=min(rng.lognormvariate(1.3, 1.3), 44))
    if late:
        wait = _WINDOW + timedelta(hours=rng.uniform(2, 60))
    opened = ask.decided + timedelta(minutes=1) + wait
    replied = opened + timedelta(seconds=rng.uniform(15, 240))
    twice = rng.random() < _TWICE and not late
    again = replied + timedelta(hours=rng.uniform(0.2, 20)) if twice else None
    if gone:
        return Reply(ask, DECLINED, opened, replied, None)
    if draw < _ANSWERED:
        return Reply(ask, ANSWERED, opened, replied, again)
    if draw < _ANSWERED + _DECLINED:
        return Reply(ask, DECLINED, opened, replied, None)
    return Reply(ask, OPENED, opened, replied, None) if draw < _ANSWERED + _DECLINED + _OPENED else None


def events(
    seed: int, replies: Sequence[Reply], weeks: Weeks, prompts: dict[str, str | None]
) -> Iterator[Event]:
    """The events of all replies. ``prompts`` says with which prompt each check-in was sent."""
    raw = _ratings(seed, [one for one in replies if one.kind == ANSWERED], weeks)
    for one in replies:
        opened = PulseOpened(opened_at=one.opened, **_shared(one))
        yield _event(f"{one.pulse_id}/opened", one.opened, opened)
        if one.kind == ANSWERED:
            yield from _answers(seed, one, raw[one.ask.checkin_id], prompts[one.ask.checkin_id])
        elif one.kind == DECLINED:
            yield from _declined(seed, one)


def _ratings(seed: int, answers: list[Reply], weeks: Weeks) -> dict[str, int]:
    """The rating of every answer: each product and week has its own mean."""
    groups: dict[tuple[str, int], list[Reply]] = defaultdict(list)
    for one in sorted(answers, key=lambda one: (one.replied, one.pulse_id)):
        groups[one.ask.ticket.product.name, min(weeks.of(one.replied), FIRST + 1)].append(one)
    products = {product.name: product for product in scene.PRODUCTS}
    found: dict[str, int] = {}
    for (name, week), members in groups.items():
        offset = Random(f"{seed}/ratings/{name}/{week}").random()
        drawn = ratings.around(products[name].mean(week), offset)
        found |= {one.ask.checkin_id: rating for one, rating in zip(members, drawn, strict=False)}
    return found


def _answers(seed: int, one: Reply, rating: int, prompt: str | None) -> Iterator[Event]:
    rng = Random(f"{seed}/answer/{one.ask.checkin_id}")
    note = _note(rng, one, rating)
    quote = note is not None and rng.random() < _QUOTE
    yield _answer(one, 1, one.replied, rating, note, quote, prompt)
    if one.again is not None:
        second = min(7, rating + 1) if rng.random() < 0.5 else max(1, rating - 1)
        yield _answer(one, 2, one.again, second, note, quote, prompt)
    if rating <= 2 and rng.random() < _NOT_FIXED:
        yield from _follow_up(one)


def _answer(
    one: Reply, number: int, moment: datetime, rating: int, note: str | None, quote: bool, prompt: str | None
) -> Event:
    answered = PulseAnswered(
        effort=Effort(raw=rating),
        answered_at=moment,
        note=note,
        may_quote=quote,
        prompt_id=prompt,
        **_shared(one),
    )
    return _event(f"{one.pulse_id}/answered/{number}", moment, answered)


def _note(rng: Random, one: Reply, rating: int) -> str | None:
    if rng.random() >= _NOTE:
        return None
    who = one.ask.person
    agent = rng.choice(words.of(who.locale).agents)
    return words.note(rng, who.locale, rating, {"agent": agent, "email": who.email, "phone": who.phone})


def _declined(seed: int, one: Reply) -> Iterator[Event]:
    gone = unsubscribes(seed, one.ask.checkin_id)
    declined = PulseDeclined(declined_at=one.replied, unsubscribed=gone, **_shared(one))
    yield _event(f"{one.pulse_id}/declined", one.replied, declined)
    if gone:
        wish = ClientPreferences(client_id=one.ask.person.client_id, changed_at=one.replied, opted_out=True)
        yield _event(f"{one.pulse_id}/opted-out", one.replied, wish)


def _follow_up(one: Reply) -> Iterator[Event]:
    who, moment = one.ask.person.client_id, one.replied + timedelta(seconds=20)
    name = f"f-{one.pulse_id}"
    requested = FollowupRequested(
        followup_id=name,
        client_id=who,
        requested_at=moment,
        reason="not_fixed",
        ticket_id=one.ask.ticket.ticket_id,
        checkin_id=one.ask.checkin_id,
    )
    yield _event(f"{name}/requested", moment, requested)
    back = moment + timedelta(hours=5)
    yield _event(
        f"{name}/answered", back, FollowupAnswered(followup_id=name, client_id=who, answered_at=back)
    )


def _shared(one: Reply) -> dict[str, str]:
    return {
        "pulse_id": one.pulse_id,
        "client_id": one.ask.person.client_id,
        "checkin_id": one.ask.checkin_id,
        "ticket_id": one.ask.ticket.ticket_id,
    }


def _event(name: str, moment: datetime, data: EventData) -> Event:
    return event(source=scene.ANSWERS, id=name, time=moment, data=data)
