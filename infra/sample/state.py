"""``<home>/sample.json``: when the sample was first played, and how often tickets were resolved since.

The anchor makes replays identical: the same history again is nothing but duplicates.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from infra import atomic_file
from infra.clock import Clock
from schemas.errors import InputError


class SampleState(msgspec.Struct, frozen=True, kw_only=True):
    """What the sample remembers between runs."""

    anchor: datetime
    runs: int = 0
    """how often tickets were resolved now"""
    answered: list[str] = []
    """Message-IDs of check-ins that simulated clients have dealt with"""
    kept: str | None = None
    """the check-in left for the person at the screen, in this run"""
    kept_before: list[str] = []
    """those of earlier runs: never touched any more"""


def load(home: Path, clock: Clock) -> SampleState:
    """The sample's state; the first call of a home decides the anchor."""
    path = home / "sample.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=SampleState)
    except FileNotFoundError:
        state = SampleState(anchor=clock().replace(microsecond=0))
        save(home, state)
        return state
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(f"{path}: cannot be read: {error}; move it away to play a new sample") from None


def save(home: Path, state: SampleState) -> None:
    atomic_file.write(home / "sample.json", msgspec.json.encode(state).decode() + "\n")
