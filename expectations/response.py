"""What must be true of ``response``: the dispositions of a send cohort add up to what was sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.frames import Frame
from expectations.rule import Given, Rule, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import counts, interval, more_than_clients, small_groups

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "sent"
DISPOSITIONS = ["responded", "opened", "declined", "silent", "undelivered"]


def derived(rows: "pd.DataFrame", tables: Mapping[str, pa.Table]) -> "pd.DataFrame":
    """The sum of the outcomes, and RR1 computed again, to nine digits."""
    total = rows[DISPOSITIONS].sum(axis=1, skipna=False)
    return rows.assign(
        sum_of_dispositions=total,
        rr1_rounded=rows["rr1"].round(9),
        rr1_recomputed=(rows["responded"] / total.where(total > 0)).round(9),
    )


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("sent"),
        *counts("sent", *DISPOSITIONS),
        rule(
            "ExpectColumnPairValuesToBeEqual",
            "dispositions-add-up",
            "Every check-in sent has one outcome: sent = I + P + R + NC + UO.",
            frame=Frame.DERIVED,
            column_A="sent",
            column_B="sum_of_dispositions",
            ignore_row_if="both_values_are_missing",
        ),
        rule(
            "ExpectColumnPairValuesToBeEqual",
            "rr1-is-responded-by-sent",
            "RR1 = I / (I + P + R + NC + UO).",
            frame=Frame.DERIVED,
            column_A="rr1_rounded",
            column_B="rr1_recomputed",
            ignore_row_if="either_value_is_missing",
        ),
        *interval("rr1", 0, 1, words="response rate"),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
