"""Which copy of an event counts: the one with the lowest (generation, partition, offset). Pure.

The rule does not look at when a copy arrived, so any split of landing into batches has the same winners.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class Position:
    """Where a copy landed, in the order that decides."""

    generation: int
    partition: int
    offset: int
    topic: str

    def __str__(self) -> str:
        return f"{self.topic}/{self.generation}/{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Copy:
    """One landed copy of an event: its identity, its place, and the file its row belongs in."""

    uid: str
    position: Position
    event: str
    day: date


@dataclass(frozen=True)
class Decision:
    """What one batch changes: ``won`` gets rows, ``displaced`` rows go, ``lost`` are its duplicates."""

    won: Mapping[str, Copy]
    displaced: Mapping[str, Copy]
    lost: tuple[Copy, ...]


def decide(batch: Iterable[Copy], known: Mapping[str, Copy]) -> Decision:
    """Winners of ``batch`` against each other and against those ``known`` from before."""
    best: dict[str, Copy] = {}
    lost: list[Copy] = []
    displaced: dict[str, Copy] = {}
    for copy in batch:
        other = best.get(copy.uid)
        if other is not None:
            lost.append(max(copy, other, key=_position))
            best[copy.uid] = min(copy, other, key=_position)
        else:
            best[copy.uid] = copy
    for uid in [uid for uid in best if uid in known]:
        if known[uid].position < best[uid].position:
            lost.append(best.pop(uid))
        else:
            displaced[uid] = known[uid]
    return Decision(best, displaced, tuple(lost))


def _position(copy: Copy) -> Position:
    return copy.position
