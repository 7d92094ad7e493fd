"""What must be true of ``stories``: redacted words of agents, from groups large enough to hide in."""

from expectations.rule import Given, Rule, between, column, null_where, rule
from expectations.shapes.bounds import freshness, reconciled, volume
from expectations.shapes.contract import contract, no_personal_data, periods

TOTAL = None


def suite(given: Given) -> list[Rule]:
    floor = given.policy.privacy.min_clients_for_stories
    return [
        *contract(given),
        *periods(),
        between(
            "stories-only-from-large-groups",
            f"A story comes from a group of at least {floor} clients.",
            "clients",
            floor,
            private=True,
        ),
        rule(
            "ExpectColumnValuesToNotBeNull",
            "a-story-says-its-group-size",
            "A story says how many clients its group has.",
            column="clients",
        ),
        rule(
            "ExpectColumnValuesToMatchRegex",
            "a-story-has-words",
            "A story is not empty.",
            column="story",
            regex=r"\S",
            private=True,
        ),
        rule(
            "ExpectColumnValueLengthsToBeBetween",
            "a-story-is-short",
            "A story is at most 5,000 characters.",
            column="story",
            min_value=1,
            max_value=5000,
            private=True,
        ),
        null_where(
            "no-rating-of-one-client",
            "One client's rating is never published beside the story.",
            "effort",
            column("story_id").is_not_null(),
            private=True,
        ),
        *volume(given, TOTAL, loose=True),
        *freshness(),
        *reconciled(),
        *no_personal_data(given),
    ]
