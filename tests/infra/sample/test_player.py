"""The player writes to Kafka and nowhere past it; what is resolved now shows asks, waits and reasons."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from infra import broker
from infra.sample import now, player, policy, state
from infra.settings import Settings
from schemas.cloudevents import Event, from_kafka
from schemas.errors import InputError, Malformed
from schemas.events import TicketResolved
from schemas.policy import parse
from schemas.topics import Topic

MOMENT = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)


def _clock() -> datetime:
    return MOMENT


def _landed(settings: Settings) -> tuple[list[Event], int]:
    """All events in the broker, and how many records could not be read."""
    consumer = broker.consumer(settings, consumer_timeout_ms=2_000)
    consumer.subscribe(list(Topic))
    events, refused = [], 0
    for record in consumer:
        try:
            events.append(from_kafka(record.topic, record.key, record.value, record.headers))
        except Malformed:
            refused += 1
    consumer.close()
    return events, refused


def test_playing_twice_sends_the_same_events_again(kafka_settings: Settings) -> None:
    small = kafka_settings.model_copy(update={"sample_clients": 60, "sample_resolutions": 150})
    seen: list[tuple[int, int]] = []
    played = player.play_history(small, _clock, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (played.records, played.records)
    events, refused = _landed(small)
    assert len(events) + refused == played.records
    assert refused == played.malformed
    later = player.play_history(small, lambda: MOMENT + timedelta(days=3))
    assert later == played
    again, _ = _landed(small)
    assert len({(event.source, event.id) for event in again}) == played.events
    assert len({event.data for event in again}) == len({event.data for event in events})


def test_each_run_resolves_tickets_of_its_own(kafka_settings: Settings) -> None:
    first = player.resolve_now(kafka_settings, _clock)
    second = player.resolve_now(kafka_settings, _clock)
    assert (first.run, second.run) == (1, 2)
    assert not set(first.tickets) & set(second.tickets)
    assert not set(first.due) & set(second.due)
    events, refused = _landed(kafka_settings)
    resolved = {data.ticket_id for event in events if isinstance(data := event.decoded(), TicketResolved)}
    assert resolved == {*first.tickets, *second.tickets}
    assert refused == 0
    assert 40 <= len(first.tickets) <= 60
    assert set(first.avoided) == {"auto-resolved", "opted-out", "cooldown"}


@pytest.mark.parametrize("month", [1, 4, 7, 10])
@pytest.mark.parametrize("hour", range(24))
def test_at_any_hour_some_clients_are_awake_and_some_asleep(hour: int, month: int) -> None:
    moment = datetime(2026, month, 12, hour, 20, tzinfo=UTC)
    made = now.present(7, 2_000, 3, moment)
    awake = [one for one in made.asked if time(8) <= moment.astimezone(one.person.tz).time() < time(21)]
    assert len(awake) >= 12
    assert len(made.asked) - len(awake) >= 7
    zones = Counter(one.person.zone for one in made.asked)
    assert set(zones.values()) == {now.PER_ZONE}
    twice = {one.person.client_id for one in made.avoided["cooldown"]}
    assert twice & {one.person.client_id for one in awake}, "somebody awake has two tickets"


def test_clients_of_the_present_were_never_asked_before() -> None:
    runs = [now.present(7, 2_000, run, MOMENT) for run in (1, 2)]
    fresh = [{one.person.client_id for one in run.asked} for run in runs]
    assert not fresh[0] & fresh[1]
    assert all(int(name.removeprefix("client-")) >= 1_000_000 for group in fresh for name in group)
    assert all(one.person.email and not one.person.opted_out for run in runs for one in run.asked)
    assert all(one.resolved[0] < MOMENT for run in runs for one in run.tickets)


def test_the_anchor_is_the_moment_of_the_first_play(tmp_path: Path) -> None:
    first = state.load(tmp_path, _clock)
    assert state.load(tmp_path, lambda: MOMENT + timedelta(days=9)) == first
    (tmp_path / "sample.json").write_text("{")
    with pytest.raises(InputError, match=r"sample\.json"):
        state.load(tmp_path, _clock)


def test_the_policy_is_written_once_and_then_the_person_s_own(tmp_path: Path) -> None:
    path = policy.write(tmp_path, _clock)
    rules, _ = parse(path.read_bytes(), where=str(path))
    assert rules.live_from == datetime(2026, 11, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert rules.organisation.name == "Bramble & Co"
    assert rules.programmes["after-resolution"].delay < timedelta(minutes=1)
    assert rules.cooldown == timedelta(days=14)
    path.write_text("mine")
    assert policy.write(tmp_path, _clock).read_text() == "mine"


def test_the_past_was_decided_by_the_policy_that_ships(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)  # type: ignore[call-arg]
    _, version = parse(policy.write(tmp_path, _clock).read_bytes(), where="policy.yaml")
    assert player.scale(settings, _clock).policy_version == version
