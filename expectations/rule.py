"""One expectation: a Great Expectations check with its name, its severity and plain words.

The only place that names the library's classes; it is imported when a suite is built, never before
(it takes seconds), and never with analytics.
"""

from dataclasses import dataclass
from typing import Any

from expectations.frames import Frame
from expectations.verdict import Severity
from schemas.policy import Policy
from schemas.tables import Dataset

Rule = Any
"""a Great Expectations ``Expectation``; the library is untyped here"""


@dataclass(frozen=True)
class Given:
    """What a suite may depend on."""

    dataset: Dataset
    policy: Policy
    caused: bool = False
    """a cause for shrinking figures is known"""


def rule(
    kind: str,
    name: str,
    says: str,
    *,
    severity: Severity = "critical",
    frame: Frame = Frame.ROWS,
    private: bool = False,
    **arguments: Any,
) -> Rule:
    """The expectation ``kind`` (a class of the library) on ``frame``.

    ``private``: the values that fail it are not shown, only the keys of their rows.
    """
    import great_expectations.expectations as gxe

    meta = {"name": name, "frame": frame.value, "private": private}
    return getattr(gxe, kind)(severity=severity, notes=says, meta=meta, **arguments)


def at_least(name: str, says: str, *, greater: str, lesser: str, **more: Any) -> Rule:
    """``greater`` ≥ ``lesser`` wherever both are known."""
    return rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        name,
        says,
        column_A=greater,
        column_B=lesser,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        **more,
    )


def between(
    name: str, says: str, column: str, low: float | None, high: float | None = None, **more: Any
) -> Rule:
    """``low`` ≤ ``column`` ≤ ``high`` wherever it is known."""
    return rule(
        "ExpectColumnValuesToBeBetween", name, says, column=column, min_value=low, max_value=high, **more
    )


def one_of(name: str, says: str, column: str, values: list[Any], **more: Any) -> Rule:
    """``column`` holds only ``values``, wherever it is known."""
    return rule("ExpectColumnValuesToBeInSet", name, says, column=column, value_set=values, **more)


def null_where(name: str, says: str, column: str, condition: Any, **more: Any) -> Rule:
    """``column`` is null in the rows that meet ``condition``."""
    return rule("ExpectColumnValuesToBeNull", name, says, column=column, row_condition=condition, **more)


def column(name: str) -> Any:
    """A column, for the condition of a rule: ``column("status") == "published"``."""
    from great_expectations.expectations.row_conditions import Column

    return Column(name)
