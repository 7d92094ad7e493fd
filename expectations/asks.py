"""What must be true of ``asks``: every ask made or avoided, with its reason."""

from expectations.rule import Given, Rule, column, one_of, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import counts, more_than_clients, small_groups

TOTAL = "asks"
DISPOSITIONS = ["sent", "avoided", "undelivered", "in-doubt"]


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("asks"),
        *counts("asks"),
        one_of(
            "disposition-is-known",
            "An ask was sent, avoided, undelivered, or is in doubt.",
            "disposition",
            DISPOSITIONS,
        ),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "an-avoided-ask-has-a-reason",
            "Every ask avoided says why.",
            column="reason",
            regex=r"\S",
            row_condition=column("disposition") == "avoided",
        ),
        one_of(
            "a-sent-ask-has-no-reason",
            "An ask that was sent needs no reason.",
            "reason",
            [""],
            row_condition=column("disposition") == "sent",
        ),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "programme-is-named",
            "Every ask belongs to a programme.",
            column="programme",
            regex=r"\S",
        ),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
