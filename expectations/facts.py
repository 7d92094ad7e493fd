"""What the gate is told beside the tables: where the rows came from, and why figures might shrink.

Made by ``careloop.publish`` from the curated history; holds counts only, never a person's data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Reconciled:
    """One dataset's events on their way from landing to its rows.

    ``landed = duplicates + excluded + awaiting + counted``, or the gate holds the version.
    """

    landed: int
    """events of the dataset's types in landing"""
    duplicates: int
    """events whose (source, id) had landed before"""
    excluded: Mapping[str, int]
    """events that the dataset's definition leaves out, by reason"""
    awaiting: int
    """events that wait until at least five clients differ (awaiting group)"""
    counted: int
    """events that the rows count"""

    @property
    def accounted(self) -> int:
        return self.duplicates + sum(self.excluded.values()) + self.awaiting + self.counted


@dataclass(frozen=True)
class Facts:
    """All that the gate needs to know beside the tables of this version and of the last one."""

    newest_landed: datetime | None = None
    """when the newest event landed, not when it happened; None: nothing ever landed"""
    reconciled: Mapping[str, Reconciled] = field(default_factory=dict)
    """by dataset"""
    cause: str | None = None
    """why figures may shrink: a person's reason, a new policy, a new metric; None: no reason is known"""
