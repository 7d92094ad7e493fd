"""Better, worse or no clear change: effort by product in the two latest closed weeks. Pure.

Welch's t for the difference of two means (Welch, 1947), from what is published: half a t interval is
t(0.975, n-1) standard errors. The intervals of the differences are corrected by Bonferroni for the number
of products compared, so that all of them hold together with 95 %; a change is clear where its interval
leaves out zero. Answers of the same client in both weeks are taken as independent.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any, Literal

import pyarrow as pa

SCALE = "ces-7"
LEVEL = 0.05
_LOWEST, _HIGHEST = 1.0, 7.0

Row = dict[str, Any]
Tendency = Literal["easier", "harder", "no clear change", "not compared"]


@dataclass(frozen=True)
class Change:
    """One product's effort in two weeks. ``difference`` is later minus earlier; higher is easier."""

    product: str
    before: Row | None
    after: Row | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def tendency(self) -> Tendency:
        if self.low is None or self.high is None:
            return "not compared"
        if self.low > 0:
            return "easier"
        return "harder" if self.high < 0 else "no clear change"

    @property
    def clear(self) -> bool:
        return self.tendency in ("easier", "harder")


def closed_weeks(effort: pa.Table, today: date) -> tuple[date, date] | None:
    """The two latest weeks, earlier first, that were over before ``today`` and show effort."""
    starts = {
        row["period_start"]
        for row in _shown(effort)
        if row["period"] == "week" and row["period_start"] + timedelta(days=7) <= today
    }
    latest = sorted(starts)[-2:]
    return (latest[0], latest[1]) if len(latest) == 2 else None


def changes(effort: pa.Table, weeks: tuple[date, date]) -> list[Change]:
    """Every product shown in either week: the clear changes first, the largest first."""
    rows = [row for row in _shown(effort) if row["period"] == "week" and row["dimension"] == "product"]
    by_week = [{row["member"]: row for row in rows if row["period_start"] == week} for week in weeks]
    products = sorted({*by_week[0], *by_week[1]})
    errors = {product: [_standard_error(week.get(product)) for week in by_week] for product in products}
    compared = [product for product in products if None not in errors[product]]
    made = [
        _change(product, by_week[0].get(product), by_week[1].get(product), errors[product], len(compared))
        for product in products
    ]
    return sorted(made, key=lambda each: (not each.clear, -abs(each.difference or 0), each.product))


def _shown(effort: pa.Table) -> list[Row]:
    return [
        row
        for row in effort.to_pylist()
        if row["scale"] == SCALE and row["status"] == "published" and row["mean"] is not None
    ]


def _standard_error(row: Row | None) -> float | None:
    """Half the interval by its t quantile. The longer half: the other may end at the end of the scale."""
    if row is None or row["mean_low"] is None or row["mean_high"] is None or row["n"] < 2:
        return None
    if row["mean_low"] <= _LOWEST and row["mean_high"] >= _HIGHEST:
        return None
    half = max(row["mean"] - row["mean_low"], row["mean_high"] - row["mean"])
    return half / _quantile(0.975, row["n"] - 1) if half > 0 else None


def _change(
    product: str, before: Row | None, after: Row | None, errors: list[float | None], compared: int
) -> Change:
    first, second = errors
    if before is None or after is None or first is None or second is None:
        return Change(product, before, after)
    spread = first**2 + second**2
    freedom = spread**2 / (first**4 / (before["n"] - 1) + second**4 / (after["n"] - 1))
    half = _quantile(1 - LEVEL / (2 * compared), freedom) * sqrt(spread)
    difference = after["mean"] - before["mean"]
    return Change(product, before, after, difference, difference - half, difference + half)


def _quantile(share: float, freedom: float) -> float:
    """Student's t quantile."""
    from scipy.stats import t  # type: ignore[import-untyped]

    return float(t.ppf(share, freedom))
