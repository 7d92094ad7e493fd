"""Removes history files that no manifest names, once nobody can be reading them any more.

A day's file is written anew when an event is added to it; a crash leaves files that were never named.
Never touches a file of the manifest given, nor one younger than a day: a slower reader may still use it.
"""

from datetime import datetime, timedelta

from careloop.curate.manifest import HistoryManifest
from infra.objects import Bucket
from schemas.keys import HISTORY, HISTORY_MANIFEST

GRACE = timedelta(days=1)


def sweep(bucket: Bucket, manifest: HistoryManifest, now: datetime) -> int:
    """How many files were removed."""
    named = {HISTORY_MANIFEST}
    named.update(file.key for file in manifest.files)
    named.update(file.key for file in manifest.index)
    unnamed = [entry for entry in bucket.scan(HISTORY) if entry.key not in named]
    old = [entry.key for entry in unnamed if entry.modified < now - GRACE]
    for key in old:
        bucket.delete(key)
    return len(old)
