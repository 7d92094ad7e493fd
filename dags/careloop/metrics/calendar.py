"""The organisation's calendar: days, ISO weeks (Monday first) and months of a moment, in its zone. Pure.

Computed here and not in SQL, because engines differ in zones and none bounds the calendar as we need.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Local:
    """A moment's place in the calendar; ``…_us`` are microseconds since 1970 in UTC."""

    at_us: int
    day: date
    week: date
    month: str
    day_end_us: int
    week_end_us: int


def place(moment: datetime, zone: ZoneInfo) -> Local:
    """Where ``moment`` lies in the calendar of ``zone``."""
    day = local_day(moment, zone)
    week, month, day_end, week_end = _of_day(day, zone)
    return Local(micros(moment), day, week, month, day_end, week_end)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The date of ``moment`` in ``zone``; at the ends of the calendar, where it does not exist, in UTC."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.astimezone(UTC).date()


def week_of(day: date) -> date:
    """The Monday of ``day``'s ISO week."""
    return date.fromordinal(day.toordinal() - day.weekday())


def micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=65_536)
def _of_day(day: date, zone: ZoneInfo) -> tuple[date, str, int, int]:
    week = week_of(day)
    return week, f"{day:%Y-%m}".zfill(7), _start(day, 1, zone), _start(week, 7, zone)


def _start(day: date, days: int, zone: ZoneInfo) -> int:
    """When the day ``days`` after ``day`` begins in ``zone``, whatever its clocks did in between."""
    try:
        return micros(datetime.combine(day + timedelta(days=days), time(), tzinfo=zone))
    except OverflowError:
        return micros(datetime.max.replace(tzinfo=UTC))
