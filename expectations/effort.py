"""What must be true of ``effort``: ratings by group, one scale per row, never pooled."""

from expectations.rule import Given, Rule, between, column, null_where, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import interval, more_than_clients, small_groups

TOTAL = "n"
CES = "ces-7"


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("n"),
        *interval("mean", None, None, words="mean rating"),
        *(
            between(
                f"{name.replace('_', '-')}-inside-the-scale",
                f"On CES 2.0, {name} lies between 1 and 7.",
                name,
                1,
                7,
                row_condition=column("scale") == CES,
            )
            for name in ("mean", "mean_low", "mean_high")
        ),
        *interval("easy_share", 0, 1, words="share of ratings 5 to 7"),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "one-scale-per-row",
            "A row names the one scale of all its ratings.",
            column="scale",
            regex=r"^[a-z]+(?:-[a-z]+)*-\d+(?:-[a-z]+)*$",
        ),
        null_where(
            "easy-share-only-on-ces",
            "The share of ratings 5 to 7 means nothing on another scale.",
            "easy_share",
            column("scale") != CES,
        ),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
