"""Lists dead letters without their payload, and sends them again after a fix, each one once.

A dead-letter object counts only if a landing object names it. What was sent again is marked in the bucket
under the dead-letter object's own key, after Kafka has acknowledged it: a crash in between may send a
message twice, which is a duplicate and never a new event; a marked one is never sent again.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from infra import landing, parquet
from infra.broker import Publisher
from infra.objects import Bucket
from schemas.errors import AlreadyExists, Conflict, NotFound
from schemas.keys import DEAD_LETTERS, ChainId, parse_dead_letters
from schemas.ranges import Link

_SAFE = ["offset", "timestamp", "reason", "detail", "refused_at"]


@dataclass(frozen=True)
class Refused:
    """One dead letter as it may be shown: no key, no value, no headers."""

    chain: ChainId
    offset: int
    reason: str
    detail: str
    sent_at: datetime
    """Kafka's timestamp"""
    refused_at: datetime
    object_key: str
    replayed: bool


def refused(bucket: Bucket, topic: str | None = None, reason: str | None = None) -> Iterator[Refused]:
    """Every dead letter that counts, oldest first per chain."""
    for link in _named(bucket, topic):
        marked = _marked(bucket, link.dead_letters)
        for row in _rows(bucket, link, _SAFE):
            if reason in (None, row["reason"]):
                yield Refused(
                    link.chain, row["offset"], row["reason"], row["detail"], row["timestamp"],
                    row["refused_at"], link.dead_letters, row["offset"] in marked,
                )  # fmt: skip


def replay(bucket: Bucket, publisher: Publisher, topic: str | None = None, reason: str | None = None) -> int:
    """Send the dead letters that were not sent again yet, as they were received; returns how many.

    A record without a value stays where it is: no fix makes an event of it.
    """
    sent = 0
    for link in _named(bucket, topic):
        marked = _marked(bucket, link.dead_letters)
        mine = [
            row
            for row in _rows(bucket, link, None)
            if reason in (None, row["reason"]) and row["offset"] not in marked and row["value"] is not None
        ]
        for row in mine:
            # Kafka knows headers without a value, the client cannot send them; they read as empty.
            headers = [(header["name"], header["value"] or b"") for header in row["headers"]]
            publisher.send_raw(link.chain.topic, row["key"], row["value"], headers)
        if mine:
            publisher.flush()
            _mark(bucket, link.dead_letters, {row["offset"] for row in mine})
            sent += len(mine)
    return sent


def _named(bucket: Bucket, topic: str | None) -> Iterator[Link]:
    """The ranges that name a dead-letter object, by chain and offset. An orphan has none."""
    entries = bucket.scan(DEAD_LETTERS if topic is None else f"{DEAD_LETTERS}{topic}/")
    keys = [entry.key for entry in entries if entry.key.endswith(".parquet")]
    for (chain, first), key in sorted((parse_dead_letters(key), key) for key in keys):
        link = landing.link_at(bucket, chain, first)
        if link is not None and link.dead_letters == key:
            yield link


def _rows(bucket: Bucket, link: Link, columns: list[str] | None) -> list[dict[str, Any]]:
    """The rows of a dead-letter object; none where it has expired."""
    try:
        body = bucket.get(link.dead_letters).body
    except NotFound:
        return []
    table: pa.Table = parquet.read(body, columns=columns)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _marker(key: str) -> str:
    return f"{key.removesuffix('.parquet')}.replayed.json"


def _marked(bucket: Bucket, key: str) -> set[int]:
    """Offsets of the dead letters in object ``key`` that were sent again."""
    stored = bucket.find(_marker(key))
    return set() if stored is None else set(json.loads(stored.body))


def _mark(bucket: Bucket, key: str, offsets: Iterable[int]) -> None:
    """Add ``offsets`` to those sent again, whoever else adds some at the same time."""
    marker = _marker(key)
    while True:
        stored = bucket.find(marker)
        known = set() if stored is None else set(json.loads(stored.body))
        body = json.dumps(sorted(known | set(offsets))).encode()
        try:
            if stored is None:
                bucket.create(marker, body, content_type="application/json")
            else:
                bucket.replace(marker, body, stored.etag, content_type="application/json")
        except (AlreadyExists, Conflict):
            continue
        return
