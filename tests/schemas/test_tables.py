"""The published datasets: a contract from the first version; columns are only added."""

import pytest

from schemas.tables import DATASETS, Dataset

FIRST_VERSION = {
    "volumes": "source period period_start tickets resolutions reopens clients status",
    "effort": "period period_start dimension member scale n clients mean mean_low mean_high easy_share "
    "easy_share_low easy_share_high status",
    "response": "period period_start dimension member sent clients responded opened declined silent "
    "undelivered rr1 rr1_low rr1_high status",
    "asks": "period period_start programme disposition reason asks clients status",
    "dignity": "period period_start dimension member counter n clients per_100 per_100_low per_100_high "
    "change change_low change_high status",
    "moments": "period period_start moment resolutions clients effort_n effort_mean effort_mean_low "
    "effort_mean_high repeated_explanations_per_100 repeated_explanations_per_100_low "
    "repeated_explanations_per_100_high handoffs_per_100 handoffs_per_100_low handoffs_per_100_high "
    "fragility_rank status",
    "prompts": "month prompt_id sent answers notes clients note_rate note_rate_low note_rate_high status",
    "stories": "story_id period period_start dimension member moment locale story effort clients",
    "triage": "period period_start product impact n clients risk_escalations stress_mean stress_mean_low "
    "stress_mean_high notes scored sentiment_mean sentiment_mean_low sentiment_mean_high coverage story_id "
    "sentiment_withheld status",
}


@pytest.mark.parametrize("name", FIRST_VERSION)
def test_no_column_of_the_first_version_is_gone(name: str) -> None:
    assert set(FIRST_VERSION[name].split()) <= {column.name for column in DATASETS[name].columns}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda d: d.name)
def test_every_column_states_its_unit_and_meaning(dataset: Dataset) -> None:
    assert all(column.unit and column.meaning for column in dataset.columns)
    assert set(dataset.key) <= {column.name for column in dataset.columns}
