"""Curation: new landing ranges → history. What has been read, and what has not, the manifest alone says.

1. read the manifest and its ETag;
2. read the ranges behind its positions, decide the winners;
3. write the days that change, and the index shards, under names never used before;
4. move the manifest, on condition that it has not moved.

A crash in 2 or 3 leaves files that nobody names; the next run does the same again. Called by
`careloop.publish`. Never changes landing.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from careloop.curate import files, index
from careloop.curate.batch import MAX_ROWS, Batch, batches, copy_of, row_of
from careloop.curate.manifest import Counts, HistoryFile, HistoryManifest, load, move
from careloop.curate.pseudonyms import Pseudonyms
from careloop.curate.rows import Row
from careloop.curate.sweep import sweep
from careloop.curate.winners import Copy, Decision, decide
from infra.landing import read_new
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import SettingError
from schemas.history import HISTORY
from schemas.policy import Policy

Partition = tuple[str, date]


def curate(
    bucket: Bucket, settings: Settings, policy: Policy, now: datetime, max_rows: int = MAX_ROWS
) -> HistoryManifest:
    """History up to the end of landing; `Conflict` where another curation was quicker (try again then)."""
    ids = Pseudonyms(settings.require("pseudonym_key"))
    manifest, etag = load(bucket, ids.fingerprint)
    if manifest.pseudonyms != ids.fingerprint:
        raise SettingError(
            "CARELOOP_PSEUDONYM_KEY: history was made with another key; set that one, or move "
            "history/_manifest.json away and publish again to re-key all of history from landing"
        )
    for batch in batches(read_new(bucket, manifest.positions), max_rows):
        manifest = _apply(bucket, manifest, batch, ids)
        manifest.check()
        etag = move(bucket, manifest, etag)
    sweep(bucket, manifest, now)
    return manifest


def _apply(bucket: Bucket, manifest: HistoryManifest, batch: Batch, ids: Pseudonyms) -> HistoryManifest:
    """Write what ``batch`` changes; the manifest that would name it."""
    copies = [copy_of(row, ids) for row in batch.rows]
    known = index.lookup(bucket, manifest, (copy.uid for copy in copies))
    decision = decide(copies, known)
    rows = _winning_rows(batch, copies, decision, ids)
    newest = max((each for each in (manifest.newest_landed, batch.newest) if each), default=None)
    return HistoryManifest(
        pseudonyms=manifest.pseudonyms,
        positions={**manifest.positions, **batch.positions},
        files=_write_days(bucket, manifest, rows, decision),
        index=index.update(bucket, manifest, decision.won),
        counts=_counted(manifest.counts, copies, decision),
        newest_landed=newest,
    )


def _winning_rows(
    batch: Batch, copies: list[Copy], decision: Decision, ids: Pseudonyms
) -> defaultdict[Partition, list[Row]]:
    """The rows of this batch's winners, by the file they belong in."""
    also_at: dict[str, list[str]] = defaultdict(list)
    for copy in [*decision.lost, *decision.displaced.values()]:
        also_at[copy.uid].append(str(copy.position))
    rows: defaultdict[Partition, list[Row]] = defaultdict(list)
    for row, copy in zip(batch.rows, copies, strict=True):
        if decision.won.get(copy.uid) == copy:
            rows[copy.event, copy.day].append(row_of(row, copy, sorted(also_at[copy.uid]), ids))
    return rows


def _write_days(
    bucket: Bucket, manifest: HistoryManifest, rows: defaultdict[Partition, list[Row]], decision: Decision
) -> tuple[HistoryFile, ...]:
    """Merge the new rows into their days, drop the displaced ones; one file per event type and day."""
    gone: defaultdict[Partition, list[str]] = defaultdict(list)
    for copy in decision.displaced.values():
        gone[copy.event, copy.day].append(copy.uid)
    old = {(file.event, file.day): file for file in manifest.files}
    changed = sorted(set(rows) | set(gone))
    tables = [_merged(bucket, old.get(part), part, rows[part], gone[part]) for part in changed]
    kept = [(part, table) for part, table in zip(changed, tables, strict=True) if table.num_rows]
    keys = files.write_many((bucket, event, day, table) for (event, day), table in kept)
    for part in changed:
        old.pop(part, None)
    for ((event, day), table), key in zip(kept, keys, strict=True):
        old[event, day] = HistoryFile(key=key, event=event, day=day, rows=table.num_rows)
    return tuple(old[part] for part in sorted(old))


def _merged(
    bucket: Bucket, old: HistoryFile | None, part: Partition, rows: list[Row], gone: list[str]
) -> pa.Table:
    schema = HISTORY[part[0]].arrow
    before = files.read_many(bucket, [old.key] if old else [], schema)
    if gone:
        is_gone = pc.is_in(before.column("uid"), value_set=pa.array(gone, pa.string()))
        before = before.filter(pc.invert(is_gone))
    new = pa.Table.from_pylist(rows, schema=schema)
    merged = pa.concat_tables([before.cast(schema), new])
    return merged.sort_by("uid")


def _counted(counts: Mapping[str, Counts], copies: list[Copy], decision: Decision) -> dict[str, Counts]:
    """Landed, curated and duplicate events after this batch, by event name."""
    after = dict(counts)
    for copy in copies:
        after[copy.event] = after.get(copy.event, Counts()).plus(landed=1)
    for copy in decision.won.values():
        after[copy.event] = after[copy.event].plus(curated=1)
    for copy in decision.displaced.values():
        after[copy.event] = after[copy.event].plus(curated=-1, duplicates=1)
    for copy in decision.lost:
        after[copy.event] = after[copy.event].plus(duplicates=1)
    return after
