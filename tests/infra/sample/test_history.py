"""The sample holds what it promises, and the same again each time."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import fmean, variance
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from infra.sample import scene
from infra.sample.history import MALFORMED, History, Scale, history
from infra.sample.noise import Record
from infra.sample.weeks import Weeks
from schemas.cloudevents import Event, from_kafka
from schemas.errors import Malformed
from schemas.events import (
    CheckinAvoided,
    CheckinClaimed,
    CheckinSent,
    CheckinUndelivered,
    ClientPreferences,
    EventData,
    OutageEnded,
    OutageStarted,
    PulseAnswered,
    PulseDeclined,
    PulseOpened,
    TicketOpened,
    TicketReopened,
    TicketResolved,
)
from schemas.identifiers import checkin_id

ANCHOR = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)  # a Thursday
MONTHS: list[str] = []


Data = TypeVar("Data", bound=EventData)


def _prompt(month: str) -> str | None:
    MONTHS.append(month)
    return f"prompt-{month}"


@cache
def _history(anchor: datetime) -> History:
    return history(Scale(), anchor, _prompt)


@pytest.fixture(scope="module")
def past() -> History:
    return _history(ANCHOR)


def _of(past: History, kind: type[Data]) -> list[Data]:
    return [data for event in past.events if isinstance(data := event.decoded(), kind)]


def _read(record: Record) -> Event:
    return from_kafka(record.topic, record.key, record.value, record.headers)


def test_the_same_seed_and_anchor_give_the_same_records_in_the_same_order(past: History) -> None:
    assert history(Scale(), ANCHOR, _prompt).records == past.records


def test_another_seed_gives_another_sample() -> None:
    small = Scale(clients=60, resolutions=120)
    other = Scale(seed=8, clients=60, resolutions=120)
    assert history(small, ANCHOR).events != history(other, ANCHOR).events


def test_a_later_anchor_continues_the_same_weeks(past: History) -> None:
    """Only the last days can differ: what was still open then has been decided since."""
    later = _history(ANCHOR + timedelta(days=2))
    until = past.weeks.start(2)
    before = [event for event in past.events if event.time and event.time < until]
    assert before == [event for event in later.events if event.time and event.time < until]


def test_the_fortnight_is_as_large_as_the_settings_say(past: History) -> None:
    start, end = past.weeks.start(0), past.weeks.start(2)
    resolved = [data for data in _of(past, TicketResolved) if start <= data.resolved_at < end]
    assert len(resolved) == Scale().resolutions >= 5_000
    assert len({data.client_id for data in resolved}) == 2_000
    assert len({data.time_zone for data in resolved}) == 6
    assert {data.locale for data in resolved} == {"en", "de", "es"}
    assert {data.product for data in resolved} == {product.name for product in scene.PRODUCTS}
    assert len(past.records) < 40_000


def test_tickets_go_on_at_the_same_pace_until_the_anchor(past: History) -> None:
    since = [data for data in _of(past, TicketResolved) if data.resolved_at >= past.weeks.start(2)]
    assert 1_500 < len(since) < 2_300  # Monday to Thursday afternoon, of 2,600 a week


def test_everything_happened_before_the_anchor(past: History) -> None:
    assert all(event.time is not None and event.time < ANCHOR for event in past.events)


def test_the_past_has_reopens_one_outage_auto_resolutions_and_stories(past: History) -> None:
    resolved = _of(past, TicketResolved)
    assert 0.02 < len(_of(past, TicketReopened)) / len(resolved) < 0.06
    assert {data.resolution_seq for data in resolved} == {1, 2}
    assert 0.05 < sum(data.resolved_by == "auto" for data in resolved) / len(resolved) < 0.11
    (started,), (ended,) = _of(past, OutageStarted), _of(past, OutageEnded)
    assert started.started_at < ended.ended_at
    touched = [data for data in resolved if data.outage_id == started.outage_id]
    assert len(touched) > 20
    assert {data.client_id for data in touched} <= set(ended.client_ids)
    assert len({data.summary for data in resolved}) > 2_000
    assert any(data.escalation_cause == "risk" for data in resolved)
    assert any(data.repeated_explanations is None and data.resolved_by == "human" for data in resolved)


def test_some_stories_and_notes_hold_personal_data_to_be_redacted(past: History) -> None:
    texts = [data.summary or "" for data in _of(past, TicketResolved)]
    assert sum("@" in text for text in texts) > 50
    assert sum("+49" in text for text in texts) > 5
    notes = [data.note for data in _of(past, PulseAnswered) if data.note]
    assert sum("@" in note or "+" in note for note in notes) > 3
    assert any("I feel understood" in note for note in notes)


def test_every_resolution_has_exactly_one_decision_and_so_nothing_is_asked_again(past: History) -> None:
    decided = Counter(
        data.checkin_id for kind in (CheckinClaimed, CheckinAvoided) for data in _of(past, kind)
    )
    resolved = {
        checkin_id(scene.PROGRAMME, data.ticket_id, data.resolution_seq) for data in _of(past, TicketResolved)
    }
    assert set(decided) == resolved
    assert set(decided.values()) == {1}


def test_what_was_claimed_was_sent_or_refused_and_nothing_else(past: History) -> None:
    claimed = {data.checkin_id for data in _of(past, CheckinClaimed)}
    sent = {data.checkin_id for data in _of(past, CheckinSent)}
    undelivered = {data.checkin_id for data in _of(past, CheckinUndelivered)}
    assert claimed == sent | undelivered
    assert undelivered


def test_asks_were_kind(past: History) -> None:
    """Once in the cooldown, awake, with consent, and never about what was reopened or done by a robot."""
    zones = {data.client_id: data.time_zone for data in _of(past, TicketResolved)}
    gone = {
        data.client_id: data.changed_at for data in _of(past, ClientPreferences) if data.opted_out is True
    }
    last: dict[str, datetime] = {}
    for data in _of(past, CheckinSent):
        local = data.sent_at.astimezone(ZoneInfo(zones[data.client_id] or "UTC"))
        assert 8 <= local.hour < 21
        assert data.client_id not in gone or gone[data.client_id] > data.sent_at
        if data.client_id in last:
            assert data.sent_at - last[data.client_id] >= timedelta(days=14)
        last[data.client_id] = data.sent_at
    reasons = {data.reason for data in _of(past, CheckinAvoided)}
    assert {"auto-resolved", "opted-out", "cooldown", "reopened", "no-contact"} <= reasons


def test_clients_answer_decline_look_or_stay_silent_and_some_are_late_or_answer_twice(past: History) -> None:
    sent = {data.checkin_id: data.sent_at for data in _of(past, CheckinSent)}
    cohort = {name for name, at in sent.items() if at < past.weeks.start(1)}
    answered = [data for data in _of(past, PulseAnswered) if data.checkin_id in cohort]
    declined = {data.checkin_id for data in _of(past, PulseDeclined)} & cohort
    opened = {data.checkin_id for data in _of(past, PulseOpened)} & cohort
    replied = {data.checkin_id for data in answered}
    assert 0.35 < len(replied) / len(cohort) < 0.5
    assert 0.05 < len(declined) / len(cohort) < 0.12
    assert 0.05 < len(opened - replied - declined) / len(cohort) < 0.15
    assert len(opened) < 0.75 * len(cohort)
    assert any(data.answered_at - sent[data.checkin_id or ""] > timedelta(days=7) for data in answered)
    assert max(Counter(data.pulse_id for data in answered).values()) == 2
    assert all(1 <= data.effort.raw <= 7 for data in answered)


def test_an_answer_has_the_prompt_of_its_check_in(past: History) -> None:
    sent = {data.checkin_id: data for data in _of(past, CheckinSent)}
    assert {data.prompt_id for data in sent.values()} == {None, "prompt-2026-11"}
    for data in _of(past, PulseAnswered):
        assert data.checkin_id is not None
        assert data.prompt_id == sent[data.checkin_id].prompt_id


def test_the_prompt_of_a_month_is_looked_up_once() -> None:
    MONTHS.clear()
    history(Scale(clients=60, resolutions=120), ANCHOR, _prompt)
    assert len(MONTHS) == len(set(MONTHS)) > 0


def _ratings(past: History, week_of: dict[str, int] | None = None) -> dict[tuple[str, int], list[int]]:
    product = {data.checkin_id: data.product or "" for data in _of(past, CheckinSent)}
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for data in _of(past, PulseAnswered):
        name = data.checkin_id or ""
        week = past.weeks.of(data.answered_at) if week_of is None else week_of[name]
        found[product[name], week].append(data.effort.raw)
    return found


def _welch_p(one: Sequence[int], two: Sequence[int]) -> float:
    """Two-sided p of Welch's test; with more than a hundred degrees of freedom t is all but normal."""
    error = math.sqrt(variance(one) / len(one) + variance(two) / len(two))
    return math.erfc(abs(fmean(two) - fmean(one)) / error / math.sqrt(2))


@pytest.mark.parametrize("by", ["answered", "sent"])
@pytest.mark.parametrize(
    "anchor", [ANCHOR, ANCHOR + timedelta(days=2), datetime(2026, 3, 30, 5, 0, tzinfo=UTC)]
)
def test_the_fortnight_hides_one_rise_one_fall_and_a_bit_of_noise(anchor: datetime, by: str) -> None:
    past = _history(anchor)
    sent = {data.checkin_id: past.weeks.of(data.sent_at) for data in _of(past, CheckinSent)}
    ratings = _ratings(past, None if by == "answered" else sent)
    for product in scene.PRODUCTS:
        one, two = ratings[product.name, 0], ratings[product.name, 1]
        assert min(len(one), len(two)) >= 60
        change, p = fmean(two) - fmean(one), _welch_p(one, two) * len(scene.PRODUCTS)
        if product is scene.RISE:
            assert 0.7 < change < 1.1
            assert p < 0.01
        elif product is scene.FALL:
            assert -1.1 < change < -0.7
            assert p < 0.02
        else:
            assert abs(change) < 0.35
            assert p > 0.5
            assert (change > 0.1) >= (product is scene.NOISE)


def test_every_record_but_the_malformed_ones_can_be_read(past: History) -> None:
    read, refused = Counter[tuple[str, str]](), Counter[str]()
    for record in past.records:
        try:
            event = _read(record)
            read[event.source, event.id] += 1
        except Malformed as error:
            refused[error.reason] += 1
    assert set(read) == {(event.source, event.id) for event in past.events}
    assert refused.total() == MALFORMED == len(past.malformed)
    assert len(refused) >= 7
    repeated = sum(count - 1 for count in read.values())
    assert 0.005 < repeated / len(past.events) < 0.02


def test_messages_arrive_late_and_out_of_order_but_are_the_events_they_were(past: History) -> None:
    known = {(event.source, event.id): event for event in past.events}
    spoilt = {id(record) for record in past.malformed}
    arrived = [_read(record) for record in past.records if id(record) not in spoilt]
    assert all(known[event.source, event.id] == event for event in arrived)
    times = [event.time for event in arrived if event.time is not None]
    latest, late = times[0], 0
    for time in times:
        late += latest - time > timedelta(hours=2)
        latest = max(latest, time)
    assert late > 100


def test_a_tiny_sample_is_whole_too() -> None:
    tiny = history(Scale(clients=50, resolutions=100), ANCHOR)
    resolved = {(data.ticket_id, data.resolution_seq) for data in _of(tiny, TicketResolved)}
    decided = [data for kind in (CheckinClaimed, CheckinAvoided) for data in _of(tiny, kind)]
    assert len(decided) == len(resolved)
    assert {data.ticket_id for data in _of(tiny, TicketOpened)} >= {ticket for ticket, _ in resolved}


@pytest.mark.parametrize(
    "anchor",
    [
        datetime(2026, 10, 26, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        datetime(2027, 1, 3, 22, 59, tzinfo=UTC),
        datetime(2026, 11, 22, 23, 0, tzinfo=UTC),
    ],
)
def test_weeks_are_whole_whatever_the_moment_and_the_clocks(anchor: datetime) -> None:
    weeks = Weeks.before(anchor)
    assert weeks.start(2) <= anchor < weeks.start(3)
    assert [day.isoweekday() for day in weeks.mondays] == [1, 1, 1, 1]
    past = history(Scale(clients=80, resolutions=160), anchor)
    inside = [
        data for data in _of(past, TicketResolved) if weeks.start(0) <= data.resolved_at < weeks.start(2)
    ]
    # In the first hour after midnight on Monday the last hour's tickets are still open.
    assert 155 <= len(inside) <= 160
    decided = [data for kind in (CheckinClaimed, CheckinAvoided) for data in _of(past, kind)]
    assert len({data.checkin_id for data in decided}) == len(decided) == len(_of(past, TicketResolved))
    assert all(event.time is not None and event.time < anchor for event in past.events)
