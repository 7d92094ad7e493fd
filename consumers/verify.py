"""Proves that landing has no gap and no overlap, by reading all of it. Changes nothing.

Every chain begins at offset 0 and each range begins where the one before it ended; each object holds what
its metadata says. Events that came twice are counted, not a fault: curation keeps the first.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from consumers.dead_letters import KEPT
from infra import landing, parquet
from infra.objects import Bucket
from schemas.errors import ChainBroken
from schemas.keys import ChainId
from schemas.ranges import Link

Progress = Callable[[int], None]
"""called with the number of ranges read so far"""
Hashes: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
_THREADS = 8
_IDENTITY = ["offset", "ce_source", "ce_id"]


@dataclass
class ChainReport:
    """What was found in one chain. It is sound when `faults` is empty."""

    chain: ChainId
    first: int = 0
    next: int = 0
    ranges: int = 0
    rows: int = 0
    refused: int = 0
    gaps: list[str] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    identities: list[Hashes] = field(default_factory=list, repr=False)
    """hashes of (source, id), one array per range"""

    @property
    def faults(self) -> list[str]:
        return [*self.gaps, *self.overlaps, *self.damaged]


@dataclass(frozen=True)
class Report:
    """All chains."""

    chains: list[ChainReport]
    repeated: int
    """events whose (source, id) had come before"""

    @property
    def sound(self) -> bool:
        return not any(chain.faults for chain in self.chains)


@dataclass(frozen=True)
class _Read:
    """One object, as far as it could be read."""

    link: Link | None
    faults: list[str]
    identities: Hashes


def verify(
    bucket: Bucket, now: datetime, topics: Iterable[str] | None = None, progress: Progress | None = None
) -> Report:
    """Read every chain of ``topics`` (all, where None) and say what is wrong with it."""
    read = 0
    reports: list[ChainReport] = []
    with ThreadPoolExecutor(_THREADS, "verify") as pool:
        for chain in landing.chains(bucket, topics):
            report = ChainReport(chain)
            firsts = list(landing.firsts(bucket, chain))
            examined = pool.map(partial(_examine, bucket, chain, now), firsts)
            for first, found in zip(firsts, examined, strict=True):
                _follow(report, first, found)
                read += 1
                if progress:
                    progress(read)
            reports.append(report)
    return Report(reports, _repeated(reports))


def _follow(report: ChainReport, first: int, found: _Read) -> None:
    """Lay the next range beside what came before it."""
    if first > report.next:
        report.gaps.append(f"[{report.next}, {first}) is missing")
    elif first < report.next:
        report.overlaps.append(f"[{first}, {report.next}) is in two ranges")
    report.ranges += 1
    report.damaged += found.faults
    report.identities.append(found.identities)
    if found.link is not None:
        report.next = max(report.next, found.link.next)
        report.rows += found.link.rows
        report.refused += found.link.refused


def _examine(bucket: Bucket, chain: ChainId, now: datetime, first: int) -> _Read:
    """Read one object and compare it with its metadata."""
    key = chain.landing(first)
    stored = bucket.get(key)
    try:
        link = Link.read(chain, first, stored.metadata)
    except ChainBroken as error:
        return _Read(None, [str(error)], np.empty(0, np.int64))
    try:
        table = parquet.read(stored.body, columns=_IDENTITY)
    except (pa.ArrowException, OSError) as error:
        return _Read(link, [f"{key} is not readable Parquet: {error}"], np.empty(0, np.int64))
    faults = [*_contents(link, table["offset"].to_numpy()), *_letters(bucket, link, stored.modified, now)]
    return _Read(link, faults, _hashes(table))


def _contents(link: Link, offsets: Hashes) -> Iterable[str]:
    if len(offsets) != link.rows:
        yield f"{link.key} holds {len(offsets)} rows, its metadata says {link.rows}"
    if len(offsets) and not (link.first <= offsets[0] and offsets[-1] < link.next):
        yield f"{link.key} holds offsets outside [{link.first}, {link.next})"
    if (np.diff(offsets) <= 0).any():
        yield f"{link.key} holds an offset twice or out of order"


def _letters(bucket: Bucket, link: Link, landed: datetime, now: datetime) -> Iterable[str]:
    """Dead letters expire; before that the object that a range names must be there."""
    if bool(link.dead_letters) != bool(link.refused):
        yield f"{link.key} says {link.refused} dead letters and names {link.dead_letters or 'no object'}"
    elif link.dead_letters and now - landed < KEPT and bucket.head(link.dead_letters) is None:
        yield f"{link.dead_letters} is named by {link.key} and missing"


def _hashes(table: pa.Table) -> Hashes:
    pairs = zip(table["ce_source"].to_pylist(), table["ce_id"].to_pylist(), strict=True)
    return np.fromiter(map(hash, pairs), np.int64, table.num_rows)


def _repeated(reports: Iterable[ChainReport]) -> int:
    arrays = [identities for report in reports for identities in report.identities]
    if not arrays:
        return 0
    together = np.concatenate(arrays)
    return int(len(together) - len(np.unique(together)))
