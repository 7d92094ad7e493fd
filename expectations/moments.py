"""What must be true of ``moments``: the map of the journey, ordered by fragility."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.frames import Frame
from expectations.rule import Given, Rule, between, column, null_where, one_of
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import counts, figure_needs, interval, more_than_clients, small_groups

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "resolutions"


def derived(rows: "pd.DataFrame", tables: Mapping[str, pa.Table]) -> "pd.DataFrame":
    """Where a moment's mean is lower than that of a more fragile one of the same period."""
    ranked = rows.sort_values("fragility_rank", kind="stable")
    group = [ranked["period"], ranked["period_start"].astype(str)]
    highest_before = ranked["effort_mean"].groupby(group).transform(lambda mean: mean.cummax().shift())
    breaks = (ranked["effort_mean"] < highest_before) & ranked["fragility_rank"].notna()
    return rows.assign(rank_breaks_order=breaks.reindex(rows.index))


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("resolutions"),
        *counts("resolutions", "effort_n"),
        *interval("effort_mean", 1, 7, words="mean rating"),
        *interval("repeated_explanations_per_100", 0, None, words="repeated explanations"),
        *interval("handoffs_per_100", 0, None, words="handoffs"),
        figure_needs(
            "effort_mean",
            "effort_n",
            given.policy.privacy.min_clients,
            f"A mean rating comes from at least {given.policy.privacy.min_clients} answers.",
        ),
        between("fragility-rank-from-1", "The most fragile moment has rank 1.", "fragility_rank", 1),
        null_where(
            "rank-needs-an-effort-mean",
            "A moment without a mean rating has no rank.",
            "fragility_rank",
            column("effort_mean").is_null(),
        ),
        one_of(
            "ranks-follow-effort",
            "Within a period a lower mean rating never has a later rank.",
            "rank_breaks_order",
            [False],
            frame=Frame.DERIVED,
        ),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]
