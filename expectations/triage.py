"""What must be true of ``triage``: sentiment never without a story, nor a score without its coverage."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.frames import Frame
from expectations.rule import Given, Rule, at_least, between, column, null_where, one_of, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods
from expectations.shapes.figures import counts, figure_needs, interval, more_than_clients, small_groups

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "n"
WITHHELD = ["no-story", "no-evidence"]


def derived(rows: "pd.DataFrame", tables: Mapping[str, pa.Table]) -> "pd.DataFrame":
    """Whether the story beside a figure is published in this version."""
    stories = set(tables["stories"].column("story_id").to_pylist())
    return rows.assign(story_is_published=rows["story_id"].isin(stories))


def suite(given: Given) -> list[Rule]:
    return [
        *contract(given),
        *periods(),
        *small_groups(given),
        *more_than_clients("n"),
        *counts("n", "risk_escalations", "notes", "scored"),
        *interval("stress_mean", 0, 1, words="stress"),
        *interval("sentiment_mean", -1, 1, words="sentiment"),
        between("coverage-in-range", "Coverage is a share of the notes: 0 to 1.", "coverage", 0, 1),
        at_least("no-more-scored-than-notes", "Only notes are scored.", greater="notes", lesser="scored"),
        at_least(
            "no-more-risks-than-resolutions",
            "A risk belongs to a resolution.",
            greater="n",
            lesser="risk_escalations",
        ),
        figure_needs(
            "sentiment_mean",
            "scored",
            given.policy.privacy.min_clients,
            f"A sentiment figure comes from at least {given.policy.privacy.min_clients} scored notes.",
        ),
        *_sentiment_beside_a_story(),
        *volume(given, TOTAL),
        *freshness(),
        *reconciled(partition=TOTAL),
        *no_personal_data(given),
    ]


def _sentiment_beside_a_story() -> list[Rule]:
    return [
        rule(
            "ExpectColumnValuesToNotBeNull",
            "sentiment-beside-a-story",
            "A sentiment figure is never shown without a story beside it.",
            column="story_id",
            row_condition=column("sentiment_mean").is_not_null(),
        ),
        null_where(
            "sentiment-shown-or-withheld",
            "Sentiment that is withheld shows no figure.",
            "sentiment_mean",
            column("sentiment_withheld").is_not_null(),
        ),
        one_of(
            "withheld-says-why",
            "Sentiment is withheld for a reason: no story may be shown, or no evidence.",
            "sentiment_withheld",
            WITHHELD,
        ),
        one_of(
            "story-exists",
            "The story beside a figure is one of the published stories.",
            "story_is_published",
            [True],
            frame=Frame.DERIVED,
            row_condition=column("story_id").is_not_null(),
        ),
    ]
