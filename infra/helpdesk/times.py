"""Times as a helpdesk writes them: local, day first, without a zone. Pure.

A local time that happens twice (clocks go back) is taken as the first of the two, one that never
happens (clocks go forward) as the same distance after the jump: both are decided by PEP 495's
``fold=0``, so the same file gives the same moments on every machine.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from infra.helpdesk.mapping import Times


@dataclass(frozen=True)
class Written:
    """A time as written: what it sorts by, and the moment it means."""

    order: datetime
    moment: datetime


def read(text: str, times: Times) -> Written:
    """The time in ``text``; ``ValueError`` where no format fits.

    Times without an offset sort by the clock on the wall, as the export wrote them.
    """
    for form in times.formats:
        try:
            found = datetime.strptime(text.strip(), form)  # noqa: DTZ007 (the zone comes from the mapping)
            if found.tzinfo is None:
                return Written(found, found.replace(tzinfo=ZoneInfo(times.zone)).astimezone(UTC))
            moment = found.astimezone(UTC)
            return Written(moment.replace(tzinfo=None), moment)
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{text[:40]!r} is not written as {' or '.join(times.formats)}")
