"""Reading landing: which chains there are, where each ends, and what is new in them.

Never writes: landing objects are made by the collector alone. Called by the collector (where does a
chain end?), by the ledger's planner and by curation (what is new since my position?).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from infra import parquet
from infra.objects import Bucket
from schemas.errors import ChainBroken, NotFound
from schemas.keys import LANDING, ChainId, parse_landing
from schemas.ranges import Link

MAX_OFFSET = 2**63 - 1
FIRST_GENERATION = 1


@dataclass(frozen=True)
class Range:
    """One range of events ``[first, next)`` with its rows (`schemas.tables.LANDING`; there may be none)."""

    chain: ChainId
    first: int
    next: int
    table: pa.Table
    modified: datetime
    """when it landed"""

    @property
    def key(self) -> str:
        return self.chain.landing(self.first)


def generations(bucket: Bucket, topic: str) -> list[int]:
    """The generations of ``topic`` that exist, oldest first."""
    return sorted(int(name) for name in bucket.children(f"{LANDING}{topic}/") if name.isdigit())


def current_generation(bucket: Bucket, topic: str) -> int:
    """The generation that the collector writes now."""
    return max(generations(bucket, topic), default=FIRST_GENERATION)


def chains(bucket: Bucket, topics: Iterable[str] | None = None) -> Iterator[ChainId]:
    """Every chain that has a range, ordered by topic, generation, partition."""
    for topic in sorted(bucket.children(LANDING) if topics is None else set(topics)):
        for generation in generations(bucket, topic):
            names = bucket.children(f"{LANDING}{topic}/{generation}/")
            for partition in sorted(int(name) for name in names if name.isdigit()):
                yield ChainId(topic, generation, partition)


def positions(bucket: Bucket, topics: Iterable[str] | None = None) -> dict[str, int]:
    """Where every chain ends now: ``str(ChainId)`` to its next offset."""
    ends = ((chain, last_link(bucket, chain)) for chain in chains(bucket, topics))
    return {str(chain): link.next for chain, link in ends if link is not None}


def read_new(
    bucket: Bucket, positions: Mapping[str, int], topics: Iterable[str] | None = None
) -> Iterator[Range]:
    """The ranges at or behind ``positions`` (``str(ChainId)`` to next offset), in offset order per chain.

    A chain that ``positions`` does not name is read from its beginning, offset 0. `ChainBroken` where a
    range does not begin where the one before it ended: skipping would lose events without a word.
    """
    for chain in chains(bucket, topics):
        expected = positions.get(str(chain), 0)
        for first in firsts(bucket, chain, expected):
            if first != expected:
                raise ChainBroken(
                    f"landing has a gap or an overlap in {chain}: a range begins at {first}, "
                    f"the one before it ended at {expected}; `careloop verify` lists all of them"
                )
            found = _read(bucket, chain, first)
            expected = found.next
            yield found


def firsts(bucket: Bucket, chain: ChainId, at_least: int = 0, limit: int | None = None) -> Iterator[int]:
    """First offsets of the chain's ranges from ``at_least`` on, in order."""
    after = chain.landing(at_least - 1) if at_least > 0 else None
    for entry in bucket.scan(chain.prefix, after=after, limit=limit):
        yield parse_landing(entry.key)[1]


def link_at(bucket: Bucket, chain: ChainId, first: int) -> Link | None:
    """The link of the range that begins at ``first``, or None where none does."""
    stored = bucket.head(chain.landing(first))
    return None if stored is None else Link.read(chain, first, stored.metadata)


def last_link(bucket: Bucket, chain: ChainId, hint: int = 0) -> Link | None:
    """The last range of the chain, or None while it has none.

    ``hint`` is an offset that the chain likely reaches (a committed offset): it may be stale, ahead or
    plainly wrong, which costs requests and never changes the answer.
    """
    low = next(firsts(bucket, chain, hint, limit=1), None)
    last = _last_before(bucket, chain, hint) if low is None else _last_from(bucket, chain, low)
    return None if last is None else link_at(bucket, chain, last)


def _last_from(bucket: Bucket, chain: ChainId, low: int) -> int:
    """The last first offset, where ``low`` is known to be one: gallop ahead, then halve what is left."""
    step = 1
    while (found := next(firsts(bucket, chain, min(low + step, MAX_OFFSET), limit=1), None)) is not None:
        low, step = found, step * 4
    high = low + step
    while low + 1 < high:
        middle = (low + high) // 2
        found = next(firsts(bucket, chain, middle, limit=1), None)
        if found is None:
            high = middle
        else:
            low = found
    return low


def _last_before(bucket: Bucket, chain: ChainId, hint: int) -> int | None:
    """The last first offset below ``hint``, where nothing begins at or after it: gallop back, then halve."""
    step = 1
    while hint > 0:
        at = max(0, hint - step)
        found = next(firsts(bucket, chain, at, limit=1), None)
        if found is not None:
            return _last_from(bucket, chain, found)
        hint, step = at, step * 4
    return None


def _read(bucket: Bucket, chain: ChainId, first: int) -> Range:
    key = chain.landing(first)
    try:
        stored = bucket.get(key)
    except NotFound:
        raise ChainBroken(
            f"{key} was listed and is gone, and landing is never removed; run `careloop verify`"
        ) from None
    link = Link.read(chain, first, stored.metadata)
    try:
        table = parquet.read(stored.body)
    except (pa.ArrowException, OSError) as error:
        raise ChainBroken(
            f"{key} is not readable ({error}); restore it from a copy with its metadata"
        ) from None
    return Range(chain, first, link.next, table, stored.modified)
