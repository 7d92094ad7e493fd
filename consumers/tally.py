"""What a collector did, counted: ranges, rows, dead letters, lost races, and why ranges were closed."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from consumers.batch import Close
from consumers.partition import Outcome

log = logging.getLogger(__name__)


@dataclass
class Tally:
    """The counts of one run."""

    ranges: int = 0
    rows: int = 0
    refused: int = 0
    lost_races: int = 0
    closed: Counter[Close] = field(default_factory=Counter)

    def count(self, outcome: Outcome) -> None:
        """Count one closed range, and say so. Never says anything of its events."""
        link = outcome.landed.link
        if not outcome.landed.ours:
            self.lost_races += 1
            log.info(
                "%s: [%d, %d) was landed by another collector; ours is dropped",
                link.chain,
                link.first,
                link.next,
            )
            return
        self.ranges += 1
        self.rows += link.rows
        self.refused += link.refused
        self.closed[outcome.because] += 1
        log.info(
            "%s: landed [%d, %d), %d rows, %d dead letters, closed by %s",
            link.chain, link.first, link.next, link.rows, link.refused, outcome.because,
        )  # fmt: skip
