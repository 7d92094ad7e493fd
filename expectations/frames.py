"""The frames that a dataset's suite looks at: its rows, its columns, and a few measures of the whole.

Value checks pass on an empty frame and cannot see a type or a NaN that reads as null; so what they
cannot see is computed here, from Arrow, as small frames of its own. Pure; called by the gate.
"""

import math
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.facts import Facts
from schemas.tables import Dataset

if TYPE_CHECKING:
    import pandas as pd

LOSS = 0.2
"""the share of the last version's rows that may go without a cause"""
SHRINK = 0.1
"""the share of the last version's total that may go without a cause"""
GROWTH = 20
"""more than this many times the last total is worth a look"""
FRESH_HOURS = 48.0
"""nothing landed for this long is worth a look"""


class Frame(StrEnum):
    """Which frame an expectation is about."""

    ROWS = "rows"
    DERIVED = "derived"
    """the rows, with columns that the dataset's module computes for comparison"""
    COLUMNS = "columns"
    MEASURES = "measures"


def rows(table: pa.Table) -> "pd.DataFrame":
    frame: pd.DataFrame = table.to_pandas()
    return frame


def figures_of(dataset: Dataset) -> list[str]:
    """The columns that are null in a suppressed row: every count and figure."""
    return list(dataset.figures) or [
        column.name
        for column in dataset.columns
        if column.nullable and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type))
    ]


def derived(dataset: Dataset, rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows, and how many figures each of them tells."""
    return rows.assign(figures_told=rows[figures_of(dataset)].notna().sum(axis=1))


def columns(dataset: Dataset, table: pa.Table) -> "pd.DataFrame":
    """One row per column of the contract: its type here, and the values that no reader could use."""
    import pandas as pd

    found = []
    for column in dataset.columns:
        values = table.column(column.name) if column.name in table.column_names else None
        floats = values is not None and pa.types.is_floating(values.type)
        found.append(
            {
                "column": column.name,
                "type": "missing" if values is None else str(values.type),
                "contract": str(column.type),
                "forbidden_nulls": values.null_count if values is not None and not column.nullable else 0,
                "not_a_number": _count(pc.is_nan(values)) if floats else 0,
                "infinite": _count(pc.is_inf(values)) if floats else 0,
            }
        )
    return pd.DataFrame(found)


def measures(
    dataset: Dataset,
    table: pa.Table,
    previous: pa.Table | None,
    facts: Facts,
    total: str | None,
    now: datetime,
) -> "pd.DataFrame":
    """One row: sizes beside their bounds. A bound is null where there is nothing to compare with."""
    import pandas as pd

    before = previous.num_rows if previous is not None else None
    whole = _total(table, total)
    whole_before = _total(previous, total) if previous is not None else None
    reconciled = facts.reconciled.get(dataset.name)
    landed = facts.newest_landed
    measured: dict[str, Any] = {
        "rows_lost": _lost(dataset, table, previous) if previous is not None else None,
        "rows_that_may_go": math.ceil(before * LOSS) if before else None,
        "total": whole,
        "least_total": math.floor(whole_before * (1 - SHRINK)) if whole_before else None,
        "most_total": whole_before * GROWTH if whole_before else None,
        "hours_since_landing": (now - landed).total_seconds() / 3600 if landed and before else None,
        "hours_allowed": FRESH_HOURS,
        "landed": reconciled.landed if reconciled else None,
        "accounted": reconciled.accounted if reconciled else None,
    }
    return pd.DataFrame([measured]).astype("float64")


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)


def _total(table: pa.Table, column: str | None) -> int | None:
    """The sum of ``column`` over the total period (all rows of a dataset without periods)."""
    if column is None or column not in table.column_names:
        return None
    if "period" in table.column_names:
        table = table.filter(pc.equal(table.column("period"), "total"))
    if "dimension" in table.column_names:
        table = table.filter(pc.equal(table.column("dimension"), "all"))
    return int(pc.sum(table.column(column)).as_py() or 0)


def _lost(dataset: Dataset, table: pa.Table, previous: pa.Table) -> int | None:
    """How many rows of the last version have no row with their key any more."""
    names = list(dataset.key)
    if not set(names) <= set(table.column_names) or not set(names) <= set(previous.column_names):
        return None
    now = set(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    then = set(zip(*(previous.column(name).to_pylist() for name in names), strict=True))
    return len(then - now)
