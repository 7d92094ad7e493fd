"""What a published version says about itself: ``published/<version>/manifest.json``. Pure types.

Written once, with the version; read by readers, by the next publisher, and by the review.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

LINEAGE = 500
"""how many earlier versions a manifest names; older ones are found through the oldest of them"""


class FileEntry(Struct, frozen=True, kw_only=True):
    """One file of the version."""

    sha256: str
    bytes: int


class Warned(Struct, frozen=True, kw_only=True):
    """A warning of the gate: the version passed with it."""

    dataset: str
    expectation: str
    says: str


class Reconciliation(Struct, frozen=True, kw_only=True):
    """One dataset's events from landing to its rows: ``landed`` is the sum of the others."""

    landed: int
    duplicates: int
    excluded: Mapping[str, int]
    awaiting: int
    counted: int


class MonthPrompt(Struct, frozen=True, kw_only=True):
    """The prompt in force when the version was made, in the organisation's language."""

    month: str
    prompt_id: str
    words: str


class Manifest(Struct, frozen=True, kw_only=True):
    """One version: what it is, what it had seen, what decided, and what is in it."""

    version: str
    started: datetime
    organisation: str
    time_zone: str
    policy: str
    """version of the policy (sha256); its text is kept as ``policy/<sha256>.yaml``"""
    code: str
    """version of the code that made the figures"""
    catalogue: str | None = None
    """version of the prompt catalogue in force (sha256)"""
    prompt: MonthPrompt | None = None
    min_clients: int
    min_clients_for_stories: int
    previous: str | None = None
    lineage: tuple[str, ...] = ()
    """earlier versions, newest first"""
    reason: str | None = None
    """why a person asked for this version"""
    positions: Mapping[str, int]
    """what it had seen: ``topic/generation/partition`` to the next offset"""
    newest_landed: datetime | None = None
    rows: Mapping[str, int]
    suppressed: Mapping[str, int]
    """rows hidden, by dataset"""
    awaiting: Mapping[str, int]
    """events that wait for their group, by dataset"""
    reconciled: Mapping[str, Reconciliation]
    warnings: tuple[Warned, ...]
    quality: str
    """key of the page that says what the gate saw"""
    waiting: str | None = None
    """key of what the next version must know about this one; holds no figures and is not published"""
    content: str
    """digest of all that readers see; the same content is not published twice"""
    files: Mapping[str, FileEntry]


class Pointer(Struct, frozen=True, kw_only=True):
    """``published/latest.json``: which version is current."""

    version: str
    manifest: str
    published_at: datetime


def encode(document: Struct) -> bytes:
    """Readable JSON, the same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
