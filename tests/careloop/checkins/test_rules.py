"""Who is asked now, who later, who never: each reason, and what must hold for any input."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.checkins.facts import Ask, Avoided, Deferred, LedgerView, Resolution, Wishes, ZoneFrom
from careloop.checkins.rules import due
from schemas import identifiers
from schemas.events import QuietHours
from schemas.policy import AvoidReason
from tests.careloop.checkins.making import NOON, policy, reasons, resolution

FIRST = identifiers.checkin_id("after-resolution", "T1", 1)


def one(
    r: Resolution | None = None, ledger: LedgerView | None = None, now: datetime = NOON, **given: object
) -> Ask | Deferred | Avoided:
    [decision] = due([r or resolution()], ledger or LedgerView(), policy(**given), now)  # type: ignore[arg-type]
    return decision


def test_a_resolution_is_asked_about_once_its_delay_has_passed() -> None:
    early = one(now=NOON - timedelta(seconds=1))
    assert isinstance(early, Deferred)
    assert (early.reason, early.until) == ("delay", NOON)
    assert isinstance(one(), Ask)


def test_an_ask_that_was_decided_before_is_not_decided_again() -> None:
    assert due([resolution()], LedgerView(decided={FIRST}), policy(), NOON) == []


@pytest.mark.parametrize(
    ("reason", "facts", "ledger", "given"),
    [
        (AvoidReason.BEFORE_GO_LIVE, {}, {}, {"live_from": "2025-06-02T00:00:00Z"}),
        (AvoidReason.REOPENED, {}, {"undone": {"T1": 1}}, {}),
        (AvoidReason.STALE, {"resolved_at": NOON - timedelta(days=8)}, {}, {}),
        (AvoidReason.PROGRAMME_OFF, {}, {}, {"more": ", enabled: false"}),
        (AvoidReason.AUTO_RESOLVED, {"resolved_by": "auto"}, {}, {}),
        (AvoidReason.OPTED_OUT, {}, {"wishes": {"c1": Wishes(opted_out=True)}}, {}),
        (AvoidReason.OPTED_OUT, {}, {"wishes": {"c1": Wishes(programmes=["another"])}}, {}),
        (AvoidReason.OPTED_OUT, {}, {"wishes": {"c1": Wishes(days=[])}}, {}),
        (AvoidReason.NO_CONTACT, {"email": None}, {}, {}),
        (AvoidReason.NO_CONTACT, {"email": "a@b.test\nBcc: all@b.test"}, {}, {}),
        (AvoidReason.ALREADY_ASKED, {}, {"asked_tickets": {"T1"}}, {}),
        (AvoidReason.COOLDOWN, {}, {"last_asked": {"c1": NOON - timedelta(days=29)}}, {}),
        (AvoidReason.NOT_SAMPLED, {}, {}, {"more": ", sample_share: 0.0"}),
    ],
)
def test_each_reason_not_to_ask(
    reason: AvoidReason, facts: dict[str, object], ledger: dict[str, object], given: dict[str, object]
) -> None:
    decision = one(resolution(**facts), LedgerView(**ledger), **given)  # type: ignore[arg-type]
    assert isinstance(decision, Avoided)
    assert decision.reason == reason


def test_what_can_still_change_is_judged_only_when_it_is_due() -> None:
    out = LedgerView(wishes={"c1": Wishes(opted_out=True)})
    assert isinstance(one(ledger=out, now=NOON - timedelta(hours=1)), Deferred)
    assert isinstance(one(ledger=out), Avoided)


def test_a_reopened_ticket_cancels_its_check_in_and_the_next_resolution_is_planned_anew() -> None:
    both = [resolution(), resolution(seq=2, resolved_at=NOON)]
    decisions = due(both, LedgerView(undone={"T1": 1}), policy(), NOON)
    assert reasons(decisions) == ["reopened", "delay"]


def test_an_auto_resolved_ticket_is_asked_about_where_the_policy_says_so() -> None:
    assert isinstance(one(resolution(resolved_by="auto"), more=", ask_auto_resolved: true"), Ask)


def test_a_client_is_asked_once_in_the_cooldown_even_within_one_run() -> None:
    two = [resolution("T1"), resolution("T2")]
    assert reasons(due(two, LedgerView(), policy(), NOON)) == ["ask", "cooldown"]
    assert reasons(due(two, LedgerView(), policy(cooldown="0s"), NOON)) == ["ask", "ask"]


def test_a_second_programme_does_not_ask_about_the_same_ticket_again() -> None:
    rules = policy(cooldown="0s", more="}\n  later: {delay: 25h")
    [first, second] = due([resolution()], LedgerView(), rules, NOON + timedelta(hours=2))
    assert isinstance(first, Ask)
    assert isinstance(second, Avoided)
    assert second.reason == AvoidReason.ALREADY_ASKED


def test_the_clients_own_quiet_hours_win_over_the_policys() -> None:
    noon = QuietHours(start="11:00", end="13:00")
    quiet = one(ledger=LedgerView(wishes={"c1": Wishes(quiet_hours=noon)}), quiet=("20:00", "09:00"))
    assert isinstance(quiet, Deferred)
    assert (quiet.reason, quiet.until) == ("quiet-hours", NOON + timedelta(hours=1))
    assert isinstance(one(quiet=("20:00", "09:00")), Ask)


def test_an_ask_with_no_allowed_moment_before_it_is_stale_is_stale_at_once() -> None:
    late = one(resolution(resolved_at=NOON - timedelta(days=7)), quiet=("11:00", "13:00"))
    assert isinstance(late, Avoided)
    assert late.reason == AvoidReason.STALE


def test_a_released_ask_waits_as_long_as_the_mail_server_needs() -> None:
    later = one(ledger=LedgerView(not_before={FIRST: NOON + timedelta(minutes=5)}))
    assert isinstance(later, Deferred)
    assert (later.reason, later.until) == ("mail-server", NOON + timedelta(minutes=5))


def test_the_zone_is_the_clients_else_the_tickets_else_the_organisations() -> None:
    wish = LedgerView(wishes={"c1": Wishes(time_zone="Asia/Tokyo")})
    ticket = resolution(time_zone="Europe/Berlin")
    for decision, zone, told_by in (
        (one(ticket, wish), "Asia/Tokyo", ZoneFrom.CLIENT),
        (one(ticket), "Europe/Berlin", ZoneFrom.TICKET),
        (one(resolution(time_zone="Mars/Olympus")), "UTC", ZoneFrom.ORGANISATION),
    ):
        assert (decision.time_zone, decision.zone_from) == (zone, told_by)


def test_the_language_is_the_clients_else_the_tickets_else_the_organisations() -> None:
    wish = LedgerView(wishes={"c1": Wishes(locale="es")})
    for ask, locale in (
        (one(resolution(locale="de"), wish), "es"),
        (one(resolution(locale="de")), "de"),
        (one(), "en"),
    ):
        assert isinstance(ask, Ask)
        assert ask.locale == locale


def test_the_id_of_an_ask_follows_from_programme_ticket_and_resolution() -> None:
    assert identifiers.checkin_id("p", "T1", 1) == identifiers.checkin_id("p", "T1", 1)
    variants = {
        identifiers.checkin_id(*given)
        for given in (("p", "T1", 1), ("p", "T1", 2), ("p", "T11", 1), ("q", "T1", 1))
    }
    assert len(variants) == 4
    assert identifiers.checkin_id("a", "bc", 1) != identifiers.checkin_id("ab", "c", 1)


ZONES = st.sampled_from(
    ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Europe/Berlin", None, "Nope"]
)
RESOLUTIONS = st.lists(
    st.builds(
        lambda ticket, seq, client, minutes, zone, by: resolution(
            f"T{ticket}", seq, f"c{client}", time_zone=zone, resolved_by=by,
            resolved_at=datetime(2025, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes),
        ),
        st.integers(1, 6), st.integers(1, 2), st.integers(1, 3), st.integers(0, 20_000), ZONES,
        st.sampled_from(["human", "human", "auto"]),
    ),
    max_size=12,
    unique_by=lambda r: (r.ticket_id, r.seq),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(resolutions=RESOLUTIONS, undone=st.dictionaries(st.sampled_from(["T1", "T2"]), st.integers(1, 2)))
def test_played_through_a_fortnight_no_promise_is_broken(
    resolutions: list[Resolution], undone: dict[str, int]
) -> None:
    """Every three hours the rules are asked, as the schedule does, and each ask is remembered."""
    rules = policy(quiet=("20:00", "09:00"), cooldown="3d", delay="24h", stale_after="4d")
    quiet_from, quiet_to = 20, 9
    decided: set[str] = set()
    asked: list[tuple[datetime, Ask]] = []
    for step in range(8 * 24):
        now = datetime(2025, 3, 20, tzinfo=UTC) + timedelta(hours=3 * step)
        view = LedgerView(
            undone=undone,
            decided=decided,
            asked_tickets={ask.resolution.ticket_id for _, ask in asked},
            last_asked={ask.resolution.client_id: at for at, ask in asked},
        )
        for decision in due(resolutions, view, rules, now):
            if isinstance(decision, Deferred):
                assert decision.until > now
                continue
            decided = decided | {decision.checkin_id}
            if isinstance(decision, Ask):
                asked.append((now, decision))
    for at, ask in asked:
        hour = at.astimezone(ZoneInfo(ask.time_zone)).hour
        assert quiet_to <= hour < quiet_from
        assert ask.resolution.resolved_at + timedelta(days=1) <= at
        assert at <= ask.resolution.resolved_at + timedelta(days=4)
        assert undone.get(ask.resolution.ticket_id, 0) < ask.resolution.seq
        others = [
            when
            for when, other in asked
            if other is not ask and other.resolution.client_id == ask.resolution.client_id
        ]
        assert all(abs(when - at) >= timedelta(days=3) for when in others)
    assert len({ask.checkin_id for _, ask in asked}) == len(asked)
    assert len(decided) == len(resolutions), "in the end everything is decided"
