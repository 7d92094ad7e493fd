"""Plays the sample: sends it to Kafka, where a helpdesk would, and writes nothing past it.

`play_history` may be called again: the same events arrive as duplicates. `resolve_now` makes new
tickets each time. Called by ``careloop run``.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from infra.broker import Publisher
from infra.clock import Clock
from infra.sample import now as present_time
from infra.sample import policy, state
from infra.sample.checkins import PromptOf
from infra.sample.history import History, Scale, history
from infra.sample.weeks import Weeks
from infra.settings import Settings
from schemas.events import CheckinAvoided, CheckinSent, PulseAnswered, TicketReopened, TicketResolved
from schemas.policy import parse

_BATCH = 2_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Played:
    """What was sent to Kafka. The counts are of distinct events, ``records`` of messages."""

    records: int
    events: int
    malformed: int
    resolutions: int
    reopens: int
    asks_sent: int
    asks_avoided: int
    answers: int
    clients: int
    anchor: datetime


@dataclass(frozen=True)
class ResolvedNow:
    """What was resolved now. ``due`` tickets should be asked about, at once or after quiet hours."""

    run: int
    tickets: list[str]
    clients: list[str]
    due: list[str]
    avoided: dict[str, list[str]]
    """ticket ids by the reason that should keep them from being asked about"""


def play_history(
    settings: Settings,
    clock: Clock,
    progress: Progress | None = None,
    prompt_of: PromptOf = lambda month: None,
) -> Played:
    """Send the sample's past; returns once Kafka has acknowledged all of it."""
    kept = state.load(settings.home, clock)
    past = history(scale(settings, clock), kept.anchor, prompt_of)
    with Publisher(settings) as publisher:
        for start in range(0, len(past.records), _BATCH):
            for record in past.records[start : start + _BATCH]:
                publisher.send_raw(record.topic, record.key, record.value, record.headers)
            publisher.flush()
            if progress is not None:
                progress(min(start + _BATCH, len(past.records)), len(past.records))
    return _counted(past)


def resolve_now(settings: Settings, clock: Clock) -> ResolvedNow:
    """Resolve a few dozen tickets at this moment; returns once Kafka has acknowledged them."""
    kept = state.load(settings.home, clock)
    run = kept.runs + 1
    made = present_time.present(settings.sample_seed, settings.sample_clients, run, clock())
    with Publisher(settings) as publisher:
        for event in present_time.events(settings.sample_seed, made.tickets):
            publisher.send(event)
        publisher.flush()
    left = kept.kept_before if kept.kept is None else [*kept.kept_before, kept.kept]
    state.save(settings.home, msgspec.structs.replace(kept, runs=run, kept=None, kept_before=left))
    return ResolvedNow(
        run=run,
        tickets=[ticket.ticket_id for ticket in made.tickets],
        clients=sorted({ticket.person.client_id for ticket in made.tickets}),
        due=[ticket.ticket_id for ticket in made.asked],
        avoided={reason: [ticket.ticket_id for ticket in group] for reason, group in made.avoided.items()},
    )


def scale(settings: Settings, clock: Clock) -> Scale:
    """The sample's size by ``settings``, under the policy that it was played with first."""
    weeks = Weeks.before(state.load(settings.home, clock).anchor)
    _, version = parse(policy.text(weeks), where="the sample's policy.yaml")
    return Scale(
        seed=settings.sample_seed,
        clients=settings.sample_clients,
        resolutions=settings.sample_resolutions,
        policy_version=version,
        mail_domain=settings.mail_from.rpartition("@")[2],
    )


def _counted(past: History) -> Played:
    types = Counter(event.type for event in past.events)
    clients = {event.key for event in past.events if event.type == TicketResolved.TYPE}
    return Played(
        records=len(past.records),
        events=len(past.events),
        malformed=len(past.malformed),
        resolutions=types[TicketResolved.TYPE],
        reopens=types[TicketReopened.TYPE],
        asks_sent=types[CheckinSent.TYPE],
        asks_avoided=types[CheckinAvoided.TYPE],
        answers=types[PulseAnswered.TYPE],
        clients=len(clients),
        anchor=past.weeks.anchor,
    )
