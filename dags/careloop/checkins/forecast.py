"""What the rules will decide over the coming hours, each ask judged at its own moment.

Pure: time is played forward, nothing is sent. Called by the preview.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from msgspec.structs import replace

from careloop.checkins.facts import DeferReason, Deferred, LedgerView, Resolution
from careloop.checkins.rules import Memory, Outcome, due
from schemas.policy import Policy


@dataclass(frozen=True)
class Timed:
    """One decision and its moment."""

    at: datetime
    outcome: Outcome
    waited_for: DeferReason | None = None
    """why it was not made at once"""


def forecast(
    resolutions: Iterable[Resolution], ledger: LedgerView, policy: Policy, start: datetime, end: datetime
) -> list[Timed]:
    """Every decision up to ``end``, in the order of its moment; what is still deferred then comes last."""
    known = Memory(ledger)
    waiting: list[tuple[datetime, int, Deferred]] = []
    made: list[Timed] = []
    number = count()

    def take(outcomes: Iterable[Outcome], moment: datetime, waited_for: DeferReason | None) -> None:
        for outcome in outcomes:
            known.note(outcome, moment)
            if isinstance(outcome, Deferred):
                heapq.heappush(waiting, (outcome.until, next(number), outcome))
            else:
                made.append(Timed(moment, outcome, waited_for))

    take(due(resolutions, known.view, policy, start), start, None)
    while waiting and waiting[0][0] <= end:
        moment, _, deferred = heapq.heappop(waiting)
        alone = replace(policy, programmes={deferred.programme: policy.programmes[deferred.programme]})
        take(due([deferred.resolution], known.view, alone, moment), moment, deferred.reason)
    return made + [Timed(until, deferred, deferred.reason) for until, _, deferred in sorted(waiting)]
