"""The history manifest: what history consists of, moved by one conditional write.

Readers read only the files that it names; a crash before the move leaves files that nobody names. The
loser of two curations gets `Conflict` and has changed nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from infra.objects import Bucket
from schemas.errors import AlreadyExists, CareloopError, Conflict
from schemas.keys import HISTORY_MANIFEST


class HistoryFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of one event type and day."""

    key: str
    event: str
    day: date
    rows: int


class IndexFile(msgspec.Struct, frozen=True, kw_only=True):
    """One shard of the index of winners."""

    key: str
    shard: str
    rows: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one type: ``landed = curated + duplicates``."""

    landed: int = 0
    curated: int = 0
    duplicates: int = 0

    def plus(self, landed: int = 0, curated: int = 0, duplicates: int = 0) -> "Counts":
        return Counts(
            landed=self.landed + landed,
            curated=self.curated + curated,
            duplicates=self.duplicates + duplicates,
        )


class HistoryManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What history consists of."""

    pseudonyms: str
    """fingerprint of the key of the hashes"""
    schema: int = 1
    positions: Mapping[str, int] = {}
    """``str(ChainId)`` to the next offset that curation has not read"""
    files: tuple[HistoryFile, ...] = ()
    index: tuple[IndexFile, ...] = ()
    counts: Mapping[str, Counts] = {}
    """by event name, such as ticket-resolved"""
    newest_landed: datetime | None = None
    """when the newest range with an event landed"""

    @property
    def landed(self) -> int:
        return sum(each.landed for each in self.counts.values())

    @property
    def curated(self) -> int:
        return sum(each.curated for each in self.counts.values())

    @property
    def duplicates(self) -> int:
        return sum(each.duplicates for each in self.counts.values())

    def check(self) -> None:
        """Raises where the counts do not reconcile: we are wrong, and nothing may be built on it."""
        rows: dict[str, int] = {}
        for file in self.files:
            rows[file.event] = rows.get(file.event, 0) + file.rows
        for event, each in self.counts.items():
            if each.landed != each.curated + each.duplicates or each.curated != rows.get(event, 0):
                raise CareloopError(
                    f"{HISTORY_MANIFEST}: {event} does not reconcile: {each.landed} landed, {each.curated} "
                    f"curated, {each.duplicates} duplicates, {rows.get(event, 0)} rows in files; nothing was "
                    "changed. "
                    "Move the manifest away and publish again: history is made from landing anew"
                )


def load(bucket: Bucket, fingerprint: str) -> tuple[HistoryManifest, str | None]:
    """The manifest and its ETag; an empty one and None where there is no history yet."""
    stored = bucket.find(HISTORY_MANIFEST)
    if stored is None:
        return HistoryManifest(pseudonyms=fingerprint), None
    manifest = msgspec.json.decode(stored.body, type=HistoryManifest)
    return manifest, stored.etag


def move(bucket: Bucket, manifest: HistoryManifest, etag: str | None) -> str:
    """Put ``manifest`` in the place of the one that had ``etag``; `Conflict` where it has moved meanwhile."""
    body = msgspec.json.encode(manifest)
    try:
        if etag is not None:
            return bucket.replace(HISTORY_MANIFEST, body, etag, content_type="application/json")
        return bucket.create(HISTORY_MANIFEST, body, content_type="application/json")
    except (AlreadyExists, Conflict):
        raise Conflict(
            f"another publisher was quicker: {HISTORY_MANIFEST} has moved; this one changed nothing. "
            "Publish again if need be"
        ) from None
