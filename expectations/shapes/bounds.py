"""The whole beside the last version and beside landing: what value checks on rows cannot see."""

from expectations.frames import FRESH_HOURS, GROWTH, LOSS, SHRINK, Frame
from expectations.rule import Given, Rule, at_least, rule
from expectations.verdict import Severity


def volume(given: Given, total: str | None, *, loose: bool = False) -> list[Rule]:
    """Nothing published goes away by itself. A known cause makes a loss worth a look, no more.

    ``loose``: rows that come and go by rule, such as stories of groups near the floor.
    """
    severity: Severity = "warning" if given.caused or loose else "critical"
    rules = [
        at_least(
            "rows-do-not-vanish",
            f"At most {LOSS:.0%} of the last version's rows are gone, unless a cause is known.",
            greater="rows_that_may_go",
            lesser="rows_lost",
            frame=Frame.MEASURES,
            severity=severity,
        )
    ]
    if total is None:
        return rules
    return [
        *rules,
        at_least(
            "total-does-not-shrink",
            f"The total of {total} is at least {1 - SHRINK:.0%} of the last one, unless a cause is known.",
            greater="total",
            lesser="least_total",
            frame=Frame.MEASURES,
            severity=severity,
        ),
        at_least(
            "total-does-not-leap",
            f"The total of {total} is at most {GROWTH} times the last version's.",
            greater="most_total",
            lesser="total",
            frame=Frame.MEASURES,
            severity="warning",
        ),
    ]


def freshness() -> list[Rule]:
    """Events keep landing. Old data that landed today is fresh; a quiet week is a warning, no failure."""
    return [
        at_least(
            "fresh",
            f"Something landed in the last {FRESH_HOURS:.0f} hours (when it landed, not when it happened).",
            greater="hours_allowed",
            lesser="hours_since_landing",
            frame=Frame.MEASURES,
            severity="warning",
        )
    ]


def reconciled(*, partition: str | None = None) -> list[Rule]:
    """Every landed event is counted, a duplicate, left out for a reason, or awaiting its group."""
    rules = [
        rule(
            "ExpectColumnPairValuesToBeEqual",
            "reconciled-with-landing",
            "Every landed event is counted, a duplicate, left out for a reason, or awaiting its group.",
            frame=Frame.MEASURES,
            column_A="landed",
            column_B="accounted",
            ignore_row_if="either_value_is_missing",
        )
    ]
    if partition is None:
        return rules
    return [
        *rules,
        at_least(
            "rows-count-no-more-than-landed",
            f"The total of {partition} is no more than the events that landed for it.",
            greater="landed",
            lesser="total",
            frame=Frame.MEASURES,
        ),
    ]
