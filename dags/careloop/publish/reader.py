"""Reading what is published: the current version or an earlier one, always whole.

Only versions that are or were current can be read. Never looks into staging. Called by the command line,
the review and the next publisher.
"""

from collections.abc import Iterator

import pyarrow as pa

from careloop.publish.manifest import Manifest
from careloop.publish.pointer import current, manifest_of
from infra import parquet
from infra.objects import Bucket
from schemas import keys
from schemas.errors import CareloopError, InputError
from schemas.tables import DATASETS


class NothingPublished(CareloopError):
    """There is no version yet."""


def latest(bucket: Bucket) -> Manifest:
    """The manifest of the current version."""
    found = current(bucket)
    if found is None:
        raise NothingPublished("nothing is published yet; publish a first version with `careloop publish`")
    return manifest_of(bucket, found[0].version)


def manifest(bucket: Bucket, version: str | None = None) -> Manifest:
    """The manifest of ``version`` (None: the current one); `InputError` where it never was current."""
    now = latest(bucket)
    if version is None or version == now.version:
        return now
    if version not in versions(bucket):
        raise InputError(f"there is no version {version}; `careloop read` lists those that there are")
    return manifest_of(bucket, version)


def versions(bucket: Bucket) -> Iterator[str]:
    """All versions, newest first."""
    now = latest(bucket)
    yield now.version
    while now.lineage:
        yield from now.lineage
        now = manifest_of(bucket, now.lineage[-1])


def table(bucket: Bucket, dataset: str, version: str | None = None) -> pa.Table:
    """One dataset of ``version`` (None: the current one)."""
    return parquet.read(file(bucket, f"{_known(dataset)}.parquet", version))


def tables(bucket: Bucket, version: str) -> dict[str, pa.Table]:
    """All datasets of ``version``, for the publisher that follows it."""
    named = manifest_of(bucket, version).files
    wanted = [dataset for dataset in DATASETS if f"{dataset}.parquet" in named]
    bodies = {each: bucket.get(keys.published(version, f"{each}.parquet")).body for each in wanted}
    return {dataset: parquet.read(body) for dataset, body in bodies.items()}


def file(bucket: Bucket, name: str, version: str | None = None) -> bytes:
    """One file of ``version`` (None: the current one), such as ``review.html``."""
    chosen = manifest(bucket, version)
    if name not in chosen.files:
        raise InputError(f"version {chosen.version} has no {name}; it has {', '.join(sorted(chosen.files))}")
    return bucket.get(keys.published(chosen.version, name)).body


def _known(dataset: str) -> str:
    if dataset not in DATASETS:
        raise InputError(f"there is no dataset {dataset!r}; there are {', '.join(DATASETS)}")
    return dataset
