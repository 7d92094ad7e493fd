"""Quiet hours on the client's own clock, in any zone, in nights when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.checkins.hours import next_allowed, zone
from schemas.events import QuietHours

ZONES = [
    "Pacific/Kiritimati",  # +14
    "Pacific/Pago_Pago",  # -11
    "Asia/Kolkata",  # +5:30
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Beirut",  # changes at midnight
    "UTC",
]
WALL = st.times().map(lambda t: f"{t.hour:02d}:{t.minute:02d}")
MOMENTS = st.one_of(
    st.integers(0, 3 * 365 * 24 * 60).map(lambda m: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    # around changes of the clocks
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from(
            [
                datetime(2025, 3, 30, 1, tzinfo=UTC),
                datetime(2025, 10, 26, 1, tzinfo=UTC),
                datetime(2025, 3, 9, 7, tzinfo=UTC),
                datetime(2025, 11, 2, 6, tzinfo=UTC),
            ]
        ),
        st.integers(-1_500, 1_500),
    ),
)


def is_quiet(moment: datetime, where: ZoneInfo, quiet: QuietHours) -> bool:
    wall = moment.astimezone(where).time().replace(second=0, microsecond=0)
    minutes = set()
    at = time.fromisoformat(quiet.start)
    while at != time.fromisoformat(quiet.end):
        minutes.add(at)
        at = (datetime.combine(date(2000, 1, 1), at) + timedelta(minutes=1)).time()
    return wall in minutes


@given(moment=MOMENTS, name=st.sampled_from(ZONES), start=WALL, end=WALL)
def test_the_next_allowed_moment_is_never_in_quiet_hours(
    moment: datetime, name: str, start: str, end: str
) -> None:
    where, quiet = ZoneInfo(name), QuietHours(start=start, end=end)
    found = next_allowed(moment, where, quiet)
    assert found is not None
    assert found >= moment
    assert not is_quiet(found, where, quiet)


@given(moment=MOMENTS, name=st.sampled_from(ZONES), start=WALL, end=WALL)
def test_nobody_waits_longer_than_a_day_and_a_change_of_the_clocks(
    moment: datetime, name: str, start: str, end: str
) -> None:
    found = next_allowed(moment, ZoneInfo(name), QuietHours(start=start, end=end))
    assert found is not None
    assert found - moment <= timedelta(hours=26)


@given(
    moment=MOMENTS,
    name=st.sampled_from(ZONES),
    start=WALL,
    end=WALL,
    days=st.sets(st.integers(1, 7), min_size=1),
)
def test_only_wished_days_of_the_week(
    moment: datetime, name: str, start: str, end: str, days: set[int]
) -> None:
    where = ZoneInfo(name)
    found = next_allowed(moment, where, QuietHours(start=start, end=end), days)
    assert found is not None
    assert found.astimezone(where).isoweekday() in days
    assert found - moment <= timedelta(days=8, hours=2)


def test_quiet_hours_wrap_midnight() -> None:
    night = QuietHours(start="20:00", end="09:00")
    berlin = ZoneInfo("Europe/Berlin")
    late = datetime(2025, 6, 2, 23, 30, tzinfo=berlin)
    assert next_allowed(late, berlin, night) == datetime(2025, 6, 3, 9, tzinfo=berlin)


def test_an_end_that_the_clock_skips_is_the_moment_after_the_gap() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    quiet = QuietHours(start="22:00", end="02:30")
    before = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)  # 01:30; 02:00 to 03:00 never comes
    found = next_allowed(before, berlin, quiet)
    assert found is not None
    assert found.astimezone(berlin).time() >= time(3, 0)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    quiet = QuietHours(start="22:00", end="02:30")
    second = datetime(2025, 10, 26, 1, 10, tzinfo=UTC)  # 02:10, the second time
    found = next_allowed(second, berlin, quiet)
    assert found == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_equal_start_and_end_are_no_quiet_hours() -> None:
    moment = datetime(2025, 6, 2, 3, 0, tzinfo=UTC)
    assert next_allowed(moment, ZoneInfo("UTC"), QuietHours(start="08:00", end="08:00")) == moment


@pytest.mark.parametrize("name", [None, "", "Nowhere/Here", "../../etc/passwd", "Europe", "x" * 64, "\x00"])
def test_a_name_that_is_no_zone_is_none(name: str | None) -> None:
    assert zone(name) is None
