"""What the sample's helpdesk says of its tickets and its outage, as events. Pure."""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from infra.sample import scene, words
from infra.sample.tickets import Outage, Ticket
from infra.sample.weeks import FIRST
from schemas.cloudevents import Event, event
from schemas.events import (
    Contact,
    EventData,
    OutageEnded,
    OutageStarted,
    TicketOpened,
    TicketReopened,
    TicketResolved,
)

_CAUSES = (("confusion", 0.5), ("policy", 0.22), ("other", 0.2), ("risk", 0.08))


def events(seed: int, ticket: Ticket) -> Iterator[Event]:
    """Everything that happened to one ticket."""
    yield _event(f"{ticket.ticket_id}/opened", ticket.opened, _opened(seed, ticket))
    for place, resolved in enumerate(ticket.resolved):
        number = place + 1
        yield _event(
            f"{ticket.ticket_id}/{number}/resolved", resolved, _resolved(seed, ticket, number, resolved)
        )
        if place < len(ticket.reopened):
            undone = TicketReopened(
                ticket_id=ticket.ticket_id,
                resolution_seq=number,
                client_id=ticket.person.client_id,
                reopened_at=ticket.reopened[place],
            )
            yield _event(f"{ticket.ticket_id}/{number}/reopened", ticket.reopened[place], undone)


def outage_events(outage: Outage, tickets: list[Ticket], anchor: datetime) -> Iterator[Event]:
    """The outage's beginning and end, with the clients who wrote in because of it."""
    touched = sorted({ticket.person.client_id for ticket in tickets if ticket.outage})
    said: dict[str, Any] = {
        "outage_id": f"{scene.OUTAGE_ID}-{outage.started:%Y%m%d}",
        "started_at": outage.started,
        "products": [scene.FALL.name],
        "title": f"{scene.FALL.name} could not be opened",
        "effect": f"You could not see or pay bills in {scene.FALL.name}.",
    }
    yield _event(f"{said['outage_id']}/started", outage.started, OutageStarted(**said))
    if outage.ended < anchor:
        told = said | {
            "client_ids": touched,
            "what_happened": "An update of our servers went wrong and was taken back.",
            "remedy": "Payment deadlines of that day are extended by a week.",
        }
        yield _event(f"{said['outage_id']}/ended", outage.ended, OutageEnded(ended_at=outage.ended, **told))


def outage_id(ticket: Ticket) -> str | None:
    return f"{scene.OUTAGE_ID}-{ticket.opened:%Y%m%d}" if ticket.outage else None


def _event(name: str, moment: datetime, data: EventData) -> Event:
    return event(source=scene.HELPDESK, id=name, time=moment, data=data)


def _shared(seed: int, ticket: Ticket) -> dict[str, Any]:
    rng = Random(f"{seed}/shared/{ticket.ticket_id}")
    return {
        "ticket_id": ticket.ticket_id,
        "client_id": ticket.person.client_id,
        "opened_at": ticket.opened,
        "product": ticket.product.name,
        "team": ticket.moment.team,
        "channel": ticket.channel,
        "moment": ticket.moment.name,
        "priority": scene.pick(rng, scene.PRIORITIES),
        "outage_id": outage_id(ticket),
    }


def _opened(seed: int, ticket: Ticket) -> TicketOpened:
    return TicketOpened(**_shared(seed, ticket))


def _resolved(seed: int, ticket: Ticket, number: int, resolved: datetime) -> TicketResolved:
    rng, who = Random(f"{seed}/resolved/{ticket.ticket_id}/{number}"), ticket.person
    said = words.of(who.locale)
    facts = _shared(seed, ticket) | {
        "resolution_seq": number,
        "resolved_at": resolved,
        "resolved_by": "auto" if ticket.auto else "human",
        "contact": None if who.email is None else Contact(email=who.email),
        "locale": who.locale,
        "time_zone": who.zone,
        "country": who.country,
        "organisation_id": who.organisation_id,
        "impact": scene.pick(rng, scene.IMPACTS),
        "title": said.titles[ticket.moment.name].format(product=ticket.product.name),
    }
    if not ticket.auto:
        facts |= _by_a_person(rng, ticket, said)
    return TicketResolved(**facts)


def _by_a_person(rng: Random, ticket: Ticket, said: words.Words) -> dict[str, Any]:
    """The story, the strain and the dignity counters. One team's tool cannot count explanations."""
    strained = ticket.outage or (ticket.product is scene.FALL and ticket.week != FIRST and rng.random() < 0.3)
    who = ticket.person
    facts = {"name": who.name.split()[0], "full_name": who.name, "email": who.email, "phone": who.phone}
    escalated = rng.random() < 0.05
    return {
        "agent_name": rng.choice(said.agents),
        "summary": words.summary(
            rng, who.locale, ticket.moment.name, facts | {"product": ticket.product.name}
        ),
        "stress_indicator": round(rng.betavariate(3, 4) if strained else rng.betavariate(2, 6), 2),
        "replies": 1 + min(int(rng.expovariate(0.7)), 12),
        "handoffs": min(int(rng.expovariate(1.2)), 6) + strained,
        "repeated_explanations": None
        if ticket.moment.team == "Technical"
        else min(int(rng.expovariate(1.5)), 5) + strained,
        "identity_checks": 1 + (rng.random() < 0.25)
        if ticket.moment.name == "identity-check"
        else int(rng.random() < 0.2),
        "escalated": escalated,
        "escalation_cause": scene.pick(rng, _CAUSES) if escalated else None,
    }
