"""A published dataset as a table for a terminal: a figure and its interval share a cell. Pure.

Rows of the total come first, then the latest weeks. Cells are never folded to fit: a table wider than the
terminal keeps its lines whole (``| less -S`` scrolls it). Used by ``careloop read``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from schemas.tables import Dataset

NOTHING = "·"
LONG = ("story",)
"""columns of free words, which are wrapped"""
WIDE = 60


def as_table(table: pa.Table, dataset: Dataset) -> Table:
    """``table`` with one column per figure: ``5.1 (4.9 to 5.3)``."""
    names = [name for name in table.column_names if _has_own_column(name, table.column_names)]
    shown = Table(
        title=f"{dataset.name}: {table.num_rows:,} rows", title_justify="left", box=None, pad_edge=False
    )
    for name in names:
        number = pa.types.is_integer(table.schema.field(name).type) or f"{name}_low" in table.column_names
        words = name in LONG
        shown.add_column(
            name.replace("_", " "),
            justify="right" if number else "left",
            no_wrap=not words,
            width=WIDE if words else None,
        )
    for row in sorted(table.to_pylist(), key=_latest_first):
        shown.add_row(*(Text(_cell(name, row)) for name in names))
    return shown


def natural_width(table: Table, console: Console) -> int:
    """The width at which no cell is cut."""
    return Measurement.get(console, console.options.update(width=10_000), table).maximum


def _has_own_column(name: str, names: list[str]) -> bool:
    figure = name.removesuffix("_low").removesuffix("_high")
    return name != "period_start" and (figure == name or figure not in names)


def _latest_first(row: Mapping[str, Any]) -> tuple[bool, int]:
    start: date | None = row.get("period_start")
    return row.get("period", "total") != "total", -start.toordinal() if start else 0


def _cell(name: str, row: Mapping[str, Any]) -> str:
    if name == "period":
        return f"{row['period']} {row['period_start'] or ''}".strip()
    value = _plain(row[name])
    if row.get(f"{name}_low") is None:
        return value
    return f"{value} ({_plain(row[f'{name}_low'])} to {_plain(row[f'{name}_high'])})"


def _plain(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value:,.2f}".replace("-", "−")
    return f"{value:,}" if isinstance(value, int) else str(value)
