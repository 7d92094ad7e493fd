"""The index of winners: event identity → the copy that counts. A cache of history, kept in shards.

Lost or doubted, it is made again from history's own files (`rebuild`). Never consulted without the
manifest that names its shards.
"""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from careloop.curate import files
from careloop.curate.manifest import HistoryManifest, IndexFile
from careloop.curate.winners import Copy, Position
from infra import parquet
from infra.objects import Bucket
from schemas.history import HISTORY, INDEX
from schemas.keys import HISTORY as PREFIX

_DIGITS = 1
"""shards are named by this many leading digits of the identity: 16 of them"""


def shard_of(uid: str) -> str:
    return uid[:_DIGITS]


def lookup(bucket: Bucket, manifest: HistoryManifest, uids: Iterable[str]) -> dict[str, Copy]:
    """The winners that are known for ``uids``."""
    wanted = set(uids)
    shards = {shard_of(uid) for uid in wanted}
    keys = [file.key for file in manifest.index if file.shard in shards]
    table = files.read_many(bucket, keys, INDEX)
    found = table.filter(pc.is_in(table.column("uid"), value_set=pa.array(sorted(wanted), pa.string())))
    return {row["uid"]: _copy(row) for row in found.to_pylist()}


def update(bucket: Bucket, manifest: HistoryManifest, won: Mapping[str, Copy]) -> tuple[IndexFile, ...]:
    """Write the shards that ``won`` changes; returns all shards."""
    shards = {file.shard: file for file in manifest.index}
    for shard in sorted({shard_of(uid) for uid in won}):
        mine = {uid: copy for uid, copy in won.items() if shard_of(uid) == shard}
        old = files.read_many(bucket, [shards[shard].key] if shard in shards else [], INDEX)
        kept = old.filter(pc.invert(pc.is_in(old.column("uid"), value_set=pa.array(list(mine), pa.string()))))
        shards[shard] = _write(bucket, shard, pa.concat_tables([kept.cast(INDEX), _table(mine.values())]))
    return tuple(shards[shard] for shard in sorted(shards))


def rebuild(bucket: Bucket, manifest: HistoryManifest) -> tuple[IndexFile, ...]:
    """All shards again, from the files that the manifest names."""
    won: dict[str, Copy] = {}
    for file in manifest.files:
        for row in files.read(bucket, file.key, HISTORY[file.event].arrow).to_pylist():
            won[row["uid"]] = Copy(row["uid"], _position(row), file.event, file.day)
    return update(bucket, HistoryManifest(pseudonyms=manifest.pseudonyms), won)


def _write(bucket: Bucket, shard: str, table: pa.Table) -> IndexFile:
    body = parquet.write(table.sort_by("uid"))
    key = f"{PREFIX}_index/{shard}/{files.unique_name()}.parquet"
    bucket.put(key, body, content_type=parquet.MEDIA_TYPE)
    return IndexFile(key=key, shard=shard, rows=table.num_rows)


def _table(copies: Iterable[Copy]) -> pa.Table:
    rows: Sequence[dict[str, object]] = [
        {
            "uid": copy.uid, "topic": copy.position.topic, "generation": copy.position.generation,
            "partition": copy.position.partition, "offset": copy.position.offset,
            "event": copy.event, "day": copy.day,
        }
        for copy in copies
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=INDEX)


def _position(row: Mapping[str, object]) -> Position:
    return Position(
        generation=int(str(row["generation"])),
        partition=int(str(row["partition"])),
        offset=int(str(row["offset"])),
        topic=str(row["topic"]),
    )


def _copy(row: dict[str, object]) -> Copy:
    return Copy(str(row["uid"]), _position(row), str(row["event"]), row["day"])  # type: ignore[arg-type]
