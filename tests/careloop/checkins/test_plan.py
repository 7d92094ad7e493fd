"""From landing into the ledger: late, twice, out of order, again from the start."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from careloop.checkins.plan import forget, plan
from careloop.checkins.view import undecided, view
from infra.ledger.engine import reading, writing
from infra.ledger.models import AskRow, Position, ResolutionRow
from infra.objects import Bucket
from schemas.cloudevents import Event
from schemas.events import (
    CheckinAvoided,
    CheckinClaimed,
    CheckinSent,
    CheckinUndelivered,
    Contact,
    QuietHours,
)
from tests.careloop.checkins.making import (
    NOON,
    decided,
    policy,
    reopened,
    resolution,
    resolved,
    unsubscribed,
    wishes,
)
from tests.landing_fixture import land

PROGRAMMES = ("after-resolution",)


def state_of(ledger: Engine) -> object:
    """All that the rules will see."""
    with reading(ledger) as session:
        open_ones = undecided(session, PROGRAMMES)
        return open_ones, view(session, [resolution("T1"), resolution("T2", client="c2"), *open_ones])


def test_events_land_in_the_ledger_and_the_position_moves_with_them(bucket: Bucket, ledger: Engine) -> None:
    land(bucket, [resolved("T1"), resolved("T2", client="c2"), reopened("T1"), wishes(locale="de-AT")])
    counts = plan(ledger, bucket)
    assert (counts["resolutions"], counts["reopens"], counts["wishes"]) == (2, 1, 1)
    with reading(ledger) as session:
        assert {row.chain: row.next for row in session.scalars(select(Position))} == {
            "careloop.resolutions/1/0": 3, "careloop.preferences/1/0": 1,
        }  # fmt: skip
        [first, _] = undecided(session, PROGRAMMES)
        known = view(session, [first])
    assert first.email == "c1@client.test"
    assert known.undone == {"T1": 1}
    assert known.wishes["c1"].locale == "de-AT"
    assert plan(ledger, bucket) == {}


HISTORY = [
    resolved("T1"),
    resolved("T1", seq=2, resolved_at=NOON),
    reopened("T1"),
    wishes(at=NOON, time_zone="Asia/Tokyo", locale="en"),
    wishes(at=NOON + timedelta(hours=1), time_zone=None, quiet_hours=QuietHours(start="22:00", end="07:00")),
    unsubscribed(at=NOON + timedelta(hours=2)),
    wishes(at=NOON + timedelta(hours=1), opted_out=False),
    decided(CheckinClaimed, "k1", "c2", "T2"),
    decided(CheckinSent, "k1", "c2", "T2", NOON + timedelta(minutes=1)),
    decided(CheckinAvoided, "k2", "c2", "T2"),
]


@pytest.mark.parametrize("turn", range(4))
def test_order_and_repetition_do_not_matter(bucket: Bucket, ledger: Engine, turn: int) -> None:
    """Whatever order events land in, and however often, the ledger says the same."""
    orders = list(itertools.islice(itertools.permutations(HISTORY), 0, 3_000_000, 900_000))
    for event in [*orders[turn], *reversed(orders[turn])]:
        land(bucket, [event])
    plan(ledger, bucket)
    open_ones, known = state_of(ledger)  # type: ignore[misc]
    assert [(r.ticket_id, r.seq) for r in open_ones] == [("T1", 1), ("T1", 2)]
    assert known.undone == {"T1": 1}
    assert known.wishes["c1"].opted_out
    assert known.wishes["c1"].time_zone is None
    assert known.wishes["c1"].quiet_hours == QuietHours(start="22:00", end="07:00")
    assert known.decided == {"k1", "k2"}
    assert known.last_asked == {"c2": NOON + timedelta(minutes=1)}


def test_a_new_generation_of_a_topic_repeats_what_is_known_and_changes_nothing(
    bucket: Bucket, ledger: Engine
) -> None:
    land(bucket, HISTORY)
    plan(ledger, bucket)
    before = state_of(ledger)
    land(bucket, HISTORY, generation=2)
    plan(ledger, bucket)
    assert state_of(ledger) == before


def test_a_later_resolution_undoes_the_earlier_one_even_if_the_reopen_never_arrives(
    bucket: Bucket, ledger: Engine
) -> None:
    land(bucket, [resolved("T1", seq=3), resolved("T1")])
    plan(ledger, bucket)
    assert state_of(ledger)[1].undone == {"T1": 2}  # type: ignore[index]


def test_resubscribing_later_counts_and_earlier_does_not(bucket: Bucket, ledger: Engine) -> None:
    land(bucket, [unsubscribed(at=NOON), wishes(at=NOON - timedelta(1), opted_out=False)])
    plan(ledger, bucket)
    assert state_of(ledger)[1].wishes["c1"].opted_out  # type: ignore[index]
    land(bucket, [wishes(at=NOON + timedelta(1), opted_out=False)])
    plan(ledger, bucket)
    assert not state_of(ledger)[1].wishes["c1"].opted_out  # type: ignore[index]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_recorded_outcomes_are_ranked_in_whatever_order_they_are_read(
    bucket: Bucket, ledger: Engine, order: tuple[int, ...]
) -> None:
    kinds = (CheckinClaimed, CheckinAvoided, CheckinSent, CheckinUndelivered)
    for at in order:
        land(bucket, [decided(kinds[at], "k1")])
    plan(ledger, bucket)
    with reading(ledger) as session:
        assert session.scalars(select(AskRow.state)).all() == ["undelivered"]


def test_a_claim_read_back_from_landing_does_not_take_a_released_ask_again(
    bucket: Bucket, ledger: Engine
) -> None:
    row = {"checkin_id": "k1", "programme": "p", "client_id": "c1", "state": "planned", "policy_version": "v"}
    with writing(ledger) as session:
        session.add(AskRow(**row))
    land(bucket, [decided(CheckinClaimed, "k1")])
    plan(ledger, bucket)
    with reading(ledger) as session:
        assert session.scalars(select(AskRow.state)).all() == ["planned"]


HOSTILE = [
    resolved("T9", seq=2**40),
    resolved("T8", resolved_at=datetime(9999, 12, 31, tzinfo=UTC)),
    resolved("T7", title="a\x00b", client="c\x007"),
    resolved("T6", contact=Contact(email="a@b.test\r\nBcc: everyone@b.test")),
    wishes("c5", at=datetime(1, 1, 1, tzinfo=UTC), opted_out=True),
]


def test_events_that_no_database_can_hold_do_not_stop_those_behind_them(
    bucket: Bucket, ledger: Engine
) -> None:
    events: list[Event] = [*HOSTILE, resolved("T1")]
    land(bucket, events)
    assert plan(ledger, bucket)["unusable"] == 2
    with reading(ledger) as session:
        found = {r.ticket_id: r for r in undecided(session, PROGRAMMES)}
        known = view(session, [resolution("T5", client="c5")])
    assert set(found) == {"T7", "T6", "T1"}
    assert (found["T7"].title, found["T7"].client_id, found["T6"].email) == ("ab", "c7", None)
    assert known.wishes["c5"].opted_out, "a wish not to be asked is never dropped"


def test_contact_and_words_are_forgotten_once_no_programme_may_ask(bucket: Bucket, ledger: Engine) -> None:
    land(bucket, [resolved("T1", title="a title"), resolved("T2", resolved_at=NOON)])
    plan(ledger, bucket)
    with writing(ledger) as session:
        assert forget(session, policy(), NOON + timedelta(days=7, minutes=1)) == 1
        assert forget(session, policy(), NOON + timedelta(days=7, minutes=1)) == 0
        rows = {row.ticket_id: row for row in session.scalars(select(ResolutionRow))}
    assert (rows["T1"].email, rows["T1"].title) == (None, None)
    assert rows["T2"].email == "c1@client.test"
