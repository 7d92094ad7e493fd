"""The data dictionary, made from ``schemas.tables``: every column with its unit and meaning. Pure."""

import json
from typing import Any

from schemas.tables import DATASETS, Column, Dataset


def as_json() -> bytes:
    document = {name: _dataset(dataset) for name, dataset in DATASETS.items()}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def as_markdown() -> bytes:
    parts = ["# Data dictionary\n", "Columns are only ever added. Every figure has its n and its interval.\n"]
    for dataset in DATASETS.values():
        parts += [f"## {dataset.name}\n", f"A row is {dataset.row}. Unique by {', '.join(dataset.key)}.\n"]
        if dataset.source:
            parts.append(f"Source: {dataset.source}.\n")
        parts.append("| column | type | unit | null | meaning |\n|---|---|---|---|---|")
        parts += [_line(column) for column in dataset.columns]
        parts.append("")
    return "\n".join(parts).encode()


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "row": dataset.row,
        "key": list(dataset.key),
        "source": dataset.source,
        "columns": [
            {
                "name": column.name,
                "type": str(column.type),
                "unit": column.unit,
                "nullable": column.nullable,
                "meaning": column.meaning,
            }
            for column in dataset.columns
        ],
    }


def _line(column: Column) -> str:
    null = "may be null" if column.nullable else "never"
    return f"| `{column.name}` | {column.type} | {column.unit} | {null} | {column.meaning} |"
