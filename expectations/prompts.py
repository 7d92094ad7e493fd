"""What must be true of ``prompts``: a month's prompt, and how it was answered."""

from expectations.rule import Given, Rule, at_least, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data
from expectations.shapes.figures import counts, interval, more_than_clients, small_groups

TOTAL = "answers"


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *small_groups(given),
        *counts("sent", "answers", "notes"),
        *more_than_clients("answers"),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "month-is-a-month",
            "A month is written YYYY-MM.",
            column="month",
            regex=r"^\d{4}-(?:0[1-9]|1[0-2])$",
        ),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "prompt-is-named",
            "A row names its prompt; the plain invitation is called plain.",
            column="prompt_id",
            regex=r"^\S+$",
        ),
        at_least(
            "no-more-notes-than-answers",
            "A note is part of an answer.",
            greater="answers",
            lesser="notes",
        ),
        *interval("note_rate", 0, 1, words="note rate"),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
