"""One run's record in ``staging/<run>/``: what the steps hand to each other.

Only the run's id travels between tasks; everything else lies here, so a step can be tried again. Called
by the steps.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import pyarrow as pa
from msgspec import Struct

from infra import parquet
from infra.objects import Bucket
from schemas import keys
from schemas.errors import CareloopError

KEEP = timedelta(days=30)
"""a staged run is kept this long, so that a held version can still be looked at"""

S = TypeVar("S")


class Run(Struct, frozen=True, kw_only=True):
    """How the run began."""

    id: str
    started: datetime
    reason: str | None = None
    previous: str | None = None
    """the version that was current then"""
    etag: str | None = None
    """of ``published/latest.json`` then; None: there was none"""


def new_id(now: datetime) -> str:
    """Sorts by time."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def save(bucket: Bucket, run: str, name: str, document: object) -> None:
    bucket.put(keys.staging(run, name), msgspec.json.encode(document), content_type="application/json")


def load(bucket: Bucket, run: str, name: str, kind: type[S]) -> S:
    stored = bucket.find(keys.staging(run, name))
    if stored is None:
        raise CareloopError(f"{keys.staging(run, name)} is not there: the step before this one has not run")
    return msgspec.json.decode(stored.body, type=kind)


def save_tables(bucket: Bucket, run: str, tables: Mapping[str, pa.Table]) -> None:
    for name, table in tables.items():
        bucket.put(keys.staging(run, f"{name}.parquet"), parquet.write(table))


def load_table(bucket: Bucket, run: str, name: str) -> pa.Table:
    return parquet.read(bucket.get(keys.staging(run, f"{name}.parquet")).body)


def sweep(bucket: Bucket, now: datetime) -> None:
    """Delete what runs staged longer than `KEEP` ago."""
    oldest = new_id(now - KEEP)
    for name in bucket.children(keys.STAGING):
        if name >= oldest:
            return
        for listed in list(bucket.scan(keys.staging(name, ""))):
            bucket.delete(listed.key)
