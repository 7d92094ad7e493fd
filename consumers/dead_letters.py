"""Dead letters: written before the range that names them; too many of them stop the collector.

A dead-letter object counts only if a landing object's metadata names it: one that lost its race, or
whose collector died before the range was created, is an orphan that nobody reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pyarrow as pa

from consumers.decode import DeadLetter, Row
from infra import parquet
from infra.objects import Bucket
from schemas.errors import TooManyDeadLetters
from schemas.keys import ChainId
from schemas.tables import DEAD_LETTERS

KEPT = timedelta(days=90)
"""how long dead letters must be kept; the bucket's lifecycle rule may remove older ones"""
SHARE_COUNTS_FROM = 100
"""messages in a range before the share of dead letters says anything"""


@dataclass(frozen=True)
class Tolerance:
    """How many dead letters are the senders' fault; beyond it the fault is likely ours."""

    share: float
    run: int

    def check_run(self, chain: ChainId, in_a_row: int, last: DeadLetter | Row) -> None:
        """`TooManyDeadLetters` after more than ``run`` of them in a row."""
        if in_a_row > self.run and isinstance(last, DeadLetter):
            raise TooManyDeadLetters(
                f"{chain.topic} partition {chain.partition}: {in_a_row} messages in a row up to offset "
                f"{last.offset} cannot be read (the last: {last.reason}: {last.detail[:200]}). "
                f"{_WAY_ON.format('CARELOOP_DEAD_LETTER_RUN')}"
            )

    def check_share(self, chain: ChainId, rows: int, letters: Sequence[DeadLetter]) -> None:
        """`TooManyDeadLetters` where more than ``share`` of a range cannot be read."""
        total = rows + len(letters)
        if total >= SHARE_COUNTS_FROM and len(letters) > self.share * total:
            raise TooManyDeadLetters(
                f"{chain.topic} partition {chain.partition}: {len(letters)} of {total} messages up to offset "
                f"{letters[-1].offset} cannot be read (the last: {letters[-1].reason}: "
                f"{letters[-1].detail[:200]}). "
                f"{_WAY_ON.format('CARELOOP_DEAD_LETTER_SHARE')}"
            )


_WAY_ON = (
    "None of them was landed or skipped. Mend the sender or this version of careloop; "
    "if they shall become dead letters, raise {} and start again."
)


def write(bucket: Bucket, chain: ChainId, first: int, letters: Sequence[DeadLetter], now: datetime) -> str:
    """Write the dead letters of one range; returns their object's key, empty where there are none."""
    if not letters:
        return ""
    key = chain.dead_letters(first, uuid4().hex)
    bucket.create(key, parquet.write(to_table(letters, now)), content_type=parquet.MEDIA_TYPE)
    return key


def to_table(letters: Sequence[DeadLetter], now: datetime) -> pa.Table:
    """Dead letters as a table of `schemas.tables.DEAD_LETTERS`."""
    rows = [
        {
            "offset": letter.offset,
            "timestamp": letter.timestamp,
            "key": letter.key,
            "value": letter.value,
            "headers": [{"name": name, "value": raw} for name, raw in letter.headers],
            "reason": letter.reason,
            "detail": letter.detail,
            "refused_at": now,
        }
        for letter in letters
    ]
    return pa.Table.from_pylist(rows, schema=DEAD_LETTERS)
