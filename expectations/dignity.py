"""What must be true of ``dignity``: counters per 100, each with its denominator and its change."""

from expectations.rule import Given, Rule, between, column, null_where, one_of
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import interval, more_than_clients, small_groups

TOTAL = "n"
COUNTERS = [
    "repeated_explanations",
    "identity_checks_beyond_first",
    "escalations_by_confusion",
    "handoffs",
    "reopens",
    "understood_moments",
]
SHARES = ["escalations_by_confusion", "reopens", "understood_moments"]
"""at most one of them per resolution or note, so at most 100 per 100"""


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("n"),
        *interval("per_100", 0, None, words="counter per 100"),
        *interval("change", None, None, words="change"),
        one_of("counter-is-known", "The counter is one of the six of the dictionary.", "counter", COUNTERS),
        between(
            "shares-at-most-100",
            "What happens at most once per resolution is at most 100 per 100.",
            "per_100",
            0,
            100,
            row_condition=column("counter").is_in(SHARES),
        ),
        null_where(
            "total-has-no-change",
            "The total has no period before it to differ from.",
            "change",
            column("period") == "total",
        ),
        *volume(given, None),
        *freshness(),
        *reconciled(),
        *no_personal_data(given),
    ]
