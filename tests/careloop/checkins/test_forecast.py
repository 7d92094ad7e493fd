"""Time played forward: what will be decided when."""

from datetime import timedelta

from careloop.checkins.facts import Ask, Deferred, LedgerView
from careloop.checkins.forecast import forecast
from tests.careloop.checkins.making import NOON, policy, reasons, resolution


def test_each_ask_is_judged_at_its_own_moment() -> None:
    soon = resolution("T1", client="c1", resolved_at=NOON - timedelta(hours=20))
    later = resolution("T2", client="c1", resolved_at=NOON - timedelta(hours=10))
    other = resolution("T3", client="c2", resolved_at=NOON - timedelta(hours=12))
    timed = forecast([later, soon, other], LedgerView(), policy(), NOON, NOON + timedelta(hours=24))
    assert [(t.at - NOON, t.outcome.resolution.ticket_id) for t in timed] == [
        (timedelta(hours=4), "T1"), (timedelta(hours=12), "T3"), (timedelta(hours=14), "T2"),
    ]  # fmt: skip
    assert reasons([t.outcome for t in timed]) == ["ask", "ask", "cooldown"]
    assert {t.waited_for for t in timed} == {"delay"}


def test_what_lies_beyond_the_hours_looked_at_stays_deferred() -> None:
    [timed] = forecast(
        [resolution(resolved_at=NOON)], LedgerView(), policy(), NOON, NOON + timedelta(hours=1)
    )
    assert isinstance(timed.outcome, Deferred)
    assert timed.at == NOON + timedelta(days=1)


def test_quiet_hours_are_named_as_what_an_ask_waits_for() -> None:
    rules = policy(quiet=("11:00", "14:00"))
    [timed] = forecast([resolution()], LedgerView(), rules, NOON, NOON + timedelta(hours=3))
    assert isinstance(timed.outcome, Ask)
    assert (timed.at, timed.waited_for) == (NOON + timedelta(hours=2), "quiet-hours")
