"""One version: all its files, made in memory from the staged tables, then written under its own name.

The same run makes the same bytes, so a step that is tried again after a crash writes nothing twice and
changes nothing. The manifest is written after all other files; the pointer moves after the manifest.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from careloop.metrics import PreviousVersion
from careloop.publish import dictionary, review, spreadsheet
from careloop.publish.manifest import LINEAGE, FileEntry, Manifest, encode
from careloop.publish.pointer import manifest_of
from infra import parquet
from infra.objects import Bucket
from schemas import keys
from schemas.errors import AlreadyExists, CareloopError, Conflict, NotFound

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "parquet": parquet.MEDIA_TYPE,
}


@dataclass(frozen=True)
class Version:
    """A version in memory."""

    manifest: Manifest
    files: Mapping[str, bytes]
    waiting: bytes

    @property
    def name(self) -> str:
        return self.manifest.version


def build(draft: Manifest, tables: Mapping[str, pa.Table], waiting: pa.Table) -> Version:
    """The whole version; ``draft`` says all of the manifest that does not depend on the files."""
    figures = {f"{name}.parquet": parquet.write(table) for name, table in tables.items()}
    remembered = parquet.write(waiting)
    content = _content(draft, figures, remembered)
    inputs = _digest(content.encode(), msgspec.json.encode(draft.positions, order="sorted"))
    name = keys.version(draft.started, inputs)
    manifest = replace(draft, version=name, content=content, waiting=keys.waiting(name))
    files = {
        **figures,
        **{f"{dataset}.csv": spreadsheet.to_csv(table) for dataset, table in tables.items()},
        "dictionary.json": dictionary.as_json(),
        "dictionary.md": dictionary.as_markdown(),
        "review.html": review.page(manifest, tables),
    }
    entries = {file: FileEntry(sha256=_digest(body), bytes=len(body)) for file, body in files.items()}
    return Version(replace(manifest, files=entries), files, remembered)


def write(bucket: Bucket, version: Version) -> None:
    """Every file, then the manifest. Nobody reads them before the pointer moves."""
    _create(bucket, keys.waiting(version.name), version.waiting)
    for name, body in version.files.items():
        _create(bucket, keys.published(version.name, name), body)
    _create(bucket, keys.published(version.name, "manifest.json"), encode(version.manifest))


def seen(bucket: Bucket, version: str | None) -> PreviousVersion | None:
    """What ``version`` had seen, for the one after it; None before the first."""
    if version is None:
        return None
    before = manifest_of(bucket, version)
    try:
        body = bucket.get(keys.waiting(version)).body
    except NotFound:
        raise CareloopError(
            f"{keys.waiting(version)} is gone: without it small groups could come back by "
            "subtraction, so nothing is published; restore it from the bucket's backup"
        ) from None
    return PreviousVersion(before.positions, parquet.read(body), before.started)


def lineage(previous: Manifest | None) -> tuple[str, ...]:
    """The versions before a new one, newest first."""
    return (previous.version, *previous.lineage)[:LINEAGE] if previous else ()


def suppressed(tables: Mapping[str, pa.Table]) -> dict[str, int]:
    """Hidden rows by dataset, where rows have a status."""
    return {
        name: int(pc.sum(pc.equal(table.column("status"), "suppressed")).as_py() or 0)
        for name, table in tables.items()
        if "status" in table.column_names
    }


def _create(bucket: Bucket, key: str, body: bytes) -> None:
    """Create ``key``; the same body may be there already, from this step's own earlier try."""
    kind = _TYPES[key.rpartition(".")[2]]
    try:
        bucket.create(key, body, content_type=kind)
    except AlreadyExists:
        if bucket.get(key).body != body:
            raise Conflict(f"{key} exists with other content; a published version never changes") from None


def _content(draft: Manifest, figures: Mapping[str, bytes], waiting: bytes) -> str:
    """Digest of what readers see, and of what decided it."""
    said = msgspec.json.encode(
        [draft.policy, draft.code, draft.prompt, dict(draft.awaiting), draft.organisation], order="sorted"
    )
    return _digest(said, waiting, *(figures[name] for name in sorted(figures)))


def _digest(*parts: bytes) -> str:
    """sha256 of one part, or of the digests of several, so that no boundary between them is lost."""
    if len(parts) == 1:
        return hashlib.sha256(parts[0]).hexdigest()
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
