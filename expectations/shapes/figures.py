"""Figures say how sure they are, and small groups stay hidden."""

from expectations.frames import Frame
from expectations.rule import Given, Rule, at_least, between, column, null_where, one_of, rule

STATUSES = ["published", "suppressed"]


def interval(name: str, low: float | None, high: float | None, *, words: str) -> list[Rule]:
    """``name`` lies in [low, high], and in its own interval."""
    slug = name.replace("_", "-")
    rules = [
        at_least(
            f"{slug}-not-below-its-interval",
            f"The {words} is not below the lower end of its interval.",
            greater=name,
            lesser=f"{name}_low",
        ),
        at_least(
            f"{slug}-not-above-its-interval",
            f"The {words} is not above the upper end of its interval.",
            greater=f"{name}_high",
            lesser=name,
        ),
        null_where(
            f"{slug}-interval-needs-a-figure",
            f"There is no interval where there is no {words}.",
            f"{name}_low",
            column(name).is_null(),
        ),
    ]
    if low is None and high is None:
        return rules
    inside = f"lies between {low:g} and {high:g}" if high is not None else f"is at least {low:g}"
    return rules + [
        between(f"{each.replace('_', '-')}-in-range", f"{each} {inside}.", each, low, high)
        for each in (name, f"{name}_low", f"{name}_high")
    ]


def counts(*names: str) -> list[Rule]:
    """Counts are never negative."""
    return [
        between(f"{name.replace('_', '-')}-not-negative", f"{name} is a count: 0 or more.", name, 0)
        for name in names
    ]


def small_groups(given: Given) -> list[Rule]:
    """A group below policy's floor is suppressed, and a suppressed row tells nothing."""
    floor = given.policy.privacy.min_clients
    return [
        one_of("status-is-known", "A row is published or suppressed.", "status", STATUSES),
        between(
            "small-groups-suppressed",
            f"No figure comes from fewer than {floor} clients.",
            "clients",
            floor,
            row_condition=column("status") == "published",
            private=True,
        ),
        rule(
            "ExpectColumnValuesToNotBeNull",
            "published-says-its-clients",
            "A published row says how many clients it comes from.",
            column="clients",
            row_condition=column("status") == "published",
        ),
        one_of(
            "suppressed-tells-nothing",
            "A suppressed row tells no count and no figure: all of them are null.",
            "figures_told",
            [0],
            frame=Frame.DERIVED,
            row_condition=column("status") == "suppressed",
            private=True,
        ),
    ]


def more_than_clients(count: str) -> list[Rule]:
    """Each client stands behind at least one of the things counted."""
    return [
        at_least(
            f"{count.replace('_', '-')}-at-least-clients",
            f"There are at least as many {count} as clients.",
            greater=count,
            lesser="clients",
        )
    ]


def figure_needs(figure: str, count: str, least: int, words: str) -> Rule:
    """``figure`` is shown only where ``count`` reaches ``least``."""
    return between(
        f"{figure.replace('_', '-')}-needs-enough-{count.replace('_', '-')}",
        words,
        count,
        least,
        row_condition=column(figure).is_not_null(),
        private=True,
    )
