"""What the last version had seen, as the next one needs to know it. Written by publishing, read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

WAITING = pa.schema(
    [
        pa.field("family", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
    ]
)
"""``kind`` event: an event (its keyed hash) that the family's figures do not count yet, because its group
is too small. ``kind`` shown: a cell of a dataset (``family``) that the version shows, which cannot be taken
back."""


@dataclass(frozen=True)
class PreviousVersion:
    """The version that readers have now."""

    positions: Mapping[str, int]
    """``str(ChainId)`` to the next offset that it had not seen"""
    waiting: pa.Table
    """its `Aggregates.waiting`"""
    at: datetime | None = None
    """its ``now``; None: as now, so that only events and not the passing of time make a difference"""
