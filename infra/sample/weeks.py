"""The sample's calendar: the latest two complete ISO weeks before the anchor, and the week it is in. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ORGANISATION_ZONE = ZoneInfo("Europe/Berlin")

FIRST, SECOND, CURRENT = 0, 1, 2


@dataclass(frozen=True)
class Weeks:
    """Three weeks from Monday to Sunday in the organisation's zone; the third one ends at the anchor."""

    mondays: tuple[date, date, date, date]
    anchor: datetime

    @classmethod
    def before(cls, anchor: datetime) -> "Weeks":
        today = anchor.astimezone(ORGANISATION_ZONE).date()
        monday = today - timedelta(days=today.weekday())
        first, second, _, end = (monday + timedelta(days=days) for days in (-14, -7, 0, 7))
        return cls((first, second, monday, end), anchor)

    def start(self, week: int) -> datetime:
        """The first moment of a week, in UTC; of week 3: the end of the third."""
        return datetime.combine(self.mondays[week], time(), ORGANISATION_ZONE).astimezone(UTC)

    def of(self, moment: datetime) -> int:
        """The week that ``moment`` is in; what lies outside counts to the nearest."""
        return CURRENT if moment >= self.start(2) else SECOND if moment >= self.start(1) else FIRST

    def moment(self, week: int, weekday: int, clock: time, zone: ZoneInfo) -> datetime:
        """``clock`` on the wall in ``zone`` on that day, kept inside the week as the organisation counts."""
        day = self.mondays[week] + timedelta(days=weekday)
        found = datetime.combine(day, clock, zone).astimezone(UTC)
        if found < self.start(week):
            return found + timedelta(days=1)
        return found - timedelta(days=1) if found >= self.start(week + 1) else found


def awake(moment: datetime, zone: ZoneInfo, opens: time, closes: time) -> datetime:
    """``moment``, or the next one at which it is between ``opens`` and ``closes`` in ``zone``."""
    local = moment.astimezone(zone)
    if opens <= local.time() < closes:
        return moment
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, opens, zone).astimezone(UTC)
