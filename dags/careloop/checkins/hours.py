"""Quiet hours on the client's own clock: the first moment at which a message may arrive.

Quiet hours are wall-clock times and may wrap midnight; equal start and end mean none. A night in which
the clocks change is judged by what the clock on the wall shows: 02:30 that comes twice is quiet twice,
one that never comes is no end of anything.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.events import QuietHours

_EVERY_DAY = range(1, 8)
_DAYS_AHEAD = 10
"""a week, and room for a zone that skips a date"""


@lru_cache(maxsize=1_000)
def zone(name: str | None) -> ZoneInfo | None:
    """The IANA zone called ``name``, or None where there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def allowed(moment: datetime, where: ZoneInfo, quiet: QuietHours, days: Collection[int] | None) -> bool:
    """Whether a message may arrive at ``moment``."""
    local = moment.astimezone(where)
    return local.isoweekday() in (_EVERY_DAY if days is None else days) and not _is_quiet(local.time(), quiet)


def next_allowed(
    moment: datetime, where: ZoneInfo, quiet: QuietHours, days: Collection[int] | None = None
) -> datetime | None:
    """The first moment from ``moment`` on at which a message may arrive; None where no day is wished."""
    if allowed(moment, where, quiet, days):
        return moment
    candidates = (m for m in _beginnings(moment, where, quiet) if m > moment)
    return next((m for m in sorted(candidates) if allowed(m, where, quiet, days)), None)


def _is_quiet(local: time, quiet: QuietHours) -> bool:
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    if start <= end:
        return start <= local < end
    return local >= start or local < end


def _beginnings(moment: datetime, where: ZoneInfo, quiet: QuietHours) -> Iterator[datetime]:
    """Every moment at which quiet may end: the end of quiet hours, and midnight, of the coming days."""
    today = moment.astimezone(where).date()
    for ahead in range(_DAYS_AHEAD):
        for wall in {time.fromisoformat(quiet.end), time.min}:
            for fold in (0, 1):
                local = datetime.combine(today + timedelta(days=ahead), wall, where).replace(fold=fold)
                yield local.astimezone(UTC)
