"""``published/latest.json``: read before curation, moved last, on condition that nobody moved it meanwhile.

A crash before the move leaves readers the last version; a crash after it, the new one. A publisher that
lost removes what it wrote, so that no version lies there that was never current. Called by the steps.
"""

import logging

import msgspec

from careloop.publish.manifest import Manifest, Pointer, encode
from infra.objects import Bucket
from schemas import keys
from schemas.errors import AlreadyExists, Conflict

log = logging.getLogger(__name__)


def current(bucket: Bucket) -> tuple[Pointer, str] | None:
    """The pointer and its ETag; None before the first version."""
    stored = bucket.find(keys.LATEST)
    if stored is None:
        return None
    return msgspec.json.decode(stored.body, type=Pointer), stored.etag


def manifest_of(bucket: Bucket, version: str) -> Manifest:
    """The manifest of ``version``; `NotFound` where there is none."""
    body = bucket.get(keys.published(version, "manifest.json")).body
    return msgspec.json.decode(body, type=Manifest)


def to(manifest: Manifest) -> Pointer:
    """The pointer that would make this version current."""
    return Pointer(
        version=manifest.version,
        manifest=keys.published(manifest.version, "manifest.json"),
        published_at=manifest.started,
    )


def move(bucket: Bucket, pointer: Pointer, etag: str | None) -> None:
    """Make ``pointer`` current in place of the one that had ``etag``.

    Moving to a version that is current, or was, is no change: a step that is tried again after its
    crash finds its own work done. Otherwise the loser gets `Conflict`, and its files are gone.
    """
    body = encode(pointer)
    try:
        if etag is None:
            bucket.create(keys.LATEST, body, content_type="application/json")
        else:
            bucket.replace(keys.LATEST, body, etag, content_type="application/json")
    except (AlreadyExists, Conflict):
        winner = current(bucket)
        if winner is not None and _was_current(bucket, pointer.version, winner[0].version):
            return
        _remove(bucket, pointer.version)
        by = f"version {winner[0].version} is current" if winner else "the pointer is gone"
        raise Conflict(
            f"a newer publisher won: {by}; nothing of this run was published. Publish again if need be"
        ) from None


def _was_current(bucket: Bucket, version: str, latest: str) -> bool:
    return version == latest or version in manifest_of(bucket, latest).lineage


def _remove(bucket: Bucket, version: str) -> None:
    """Take away a version that never was current."""
    for listed in list(bucket.scan(keys.published(version, ""))):
        bucket.delete(listed.key)
    log.info("removed %s, which never was current", version)
