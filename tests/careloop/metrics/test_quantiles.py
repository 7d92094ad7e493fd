"""The table of t quantiles and the calendar, against other sources than their own."""

import csv
import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import careloop.metrics
from careloop.metrics.calendar import place


def quantiles() -> list[tuple[float, float, float]]:
    with (Path(careloop.metrics.__file__).parent / "t_975.csv").open() as file:
        return [(float(r["df_from"]), float(r["df_below"]), float(r["t"])) for r in csv.DictReader(file)]


def tail(t: float, df: float) -> float:
    """P(T > t) by Simpson's rule over the density; no table, no library."""

    def density(x: float) -> float:
        log = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
        return math.exp(log - (df + 1) / 2 * math.log1p(x * x / df))

    steps = 4000
    width = t / steps
    inner = sum((4 if n % 2 else 2) * density(n * width) for n in range(1, steps))
    return 0.5 - width / 3 * (density(0) + inner + density(t))


@pytest.mark.parametrize("df", [1, 2, 5, 9, 30, 120, 200, 1000, 10000])
def test_two_and_a_half_percent_lie_beyond_each_quantile(df: int) -> None:
    [t] = [t for low, _, t in quantiles() if low == df]
    assert tail(t, df) == pytest.approx(0.025, abs=1e-6)


def test_the_table_has_no_hole_and_only_falls() -> None:
    rows = quantiles()
    assert rows[0][0] == 1
    for (_, below, t), (low, _, after) in pairwise(rows):
        assert below == low
        assert after < t


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, ZONES)
def test_a_moment_lies_in_its_local_day_and_week(moment: datetime, zone: str) -> None:
    found = place(moment, ZoneInfo(zone))
    assert found.day == moment.astimezone(ZoneInfo(zone)).date()
    assert found.week.isoweekday() == 1
    assert found.week <= found.day < found.week + timedelta(days=7)
    assert found.at_us < found.day_end_us <= found.week_end_us
    assert found.day_end_us - found.at_us <= 26 * 3600 * 1_000_000


def test_a_week_with_a_change_of_clocks_is_an_hour_shorter() -> None:
    found = place(datetime(2025, 3, 30, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert found.week == date(2025, 3, 24)
    start = datetime(2025, 3, 24, tzinfo=ZoneInfo("Europe/Berlin"))
    assert found.week_end_us - int(start.timestamp() * 1e6) == (7 * 24 - 1) * 3600 * 1_000_000


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_the_ends_of_the_calendar_have_a_place(moment: datetime, zone: str) -> None:
    assert place(moment, ZoneInfo(zone)).week <= moment.date()
