"""A dataset as CSV that a spreadsheet opens safely. Pure.

A cell that begins like a formula (``=``, ``+``, ``-``, ``@``, a tab or a line end) gets an apostrophe
before it, as OWASP's page on CSV injection advises; numbers, which are ours, stay numbers.
"""

import csv
import io
from typing import Any

import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(table: pa.Table) -> bytes:
    """UTF-8, comma-separated, RFC 4180 line ends; null is an empty cell."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(table.column_names)
    columns = [table.column(name).to_pylist() for name in table.column_names]
    for row in zip(*columns, strict=True):
        writer.writerow([_cell(value) for value in row])
    return sink.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
    return value
