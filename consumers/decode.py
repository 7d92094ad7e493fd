"""One Kafka record becomes a row of landing, or a dead letter with its reason. Pure.

This is where it is decided that a message is wrong for ever. The other two outcomes of any input are
decided in `consumers.collect`: wrong for now (`Unavailable`: no commit, back off, try again) and we are
wrong (every other error: stop, loudly).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

import msgspec

from schemas.cloudevents import Event, Headers, from_kafka
from schemas.errors import DeadLetterReason, Malformed

Row: TypeAlias = tuple[int, int, bytes | None, str, str, str, datetime, str, bytes]
"""One event, in the order of the columns of `schemas.tables.LANDING`."""

_MAX_DETAIL = 500
_EARLIEST, _LATEST = -1, 253_402_300_799_999
"""milliseconds: Kafka's "no timestamp", and the end of the year 9999"""
_encode = msgspec.json.Encoder(order="deterministic").encode


class Record(Protocol):
    """What is used of a kafka-python ``ConsumerRecord``."""

    @property
    def topic(self) -> str: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be read, as it was received, and why."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str
    detail: str


def decode(record: Record) -> Row | DeadLetter:
    """The record's row of landing, or the dead letter that it is."""
    try:
        if not _is_date(record.timestamp):
            raise Malformed(
                DeadLetterReason.BAD_ATTRIBUTE, f"Kafka's timestamp {record.timestamp} is no date"
            )
        event = from_kafka(record.topic, record.key, record.value, record.headers)
    except Malformed as why:
        return DeadLetter(
            record.offset,
            record.timestamp if _is_date(record.timestamp) else 0,
            record.key,
            record.value,
            record.headers,
            why.reason,
            why.detail[:_MAX_DETAIL],
        )
    return row(event, record.offset, record.timestamp)


def _is_date(milliseconds: int) -> bool:
    """Senders may set any timestamp; one past the year 9999 could be stored and never read."""
    return _EARLIEST <= milliseconds <= _LATEST


def row(event: Event, offset: int, timestamp: int) -> Row:
    """``event``, which Kafka holds at ``offset`` since ``timestamp`` (milliseconds), as a row of landing."""
    return (
        offset,
        timestamp,
        event.key,
        event.id,
        event.source,
        event.type,
        event.time or datetime.fromtimestamp(timestamp / 1000, UTC),
        _encode(event.extensions).decode() if event.extensions else "{}",
        event.data,
    )


def size(record: Record) -> int:
    """Bytes that the record carries."""
    body = len(record.key or b"") + len(record.value or b"")
    return body + sum(len(name) + len(raw or b"") for name, raw in record.headers)


def digest(record: Record) -> str:
    """What identifies a record's content: SHA-256 over key, value and headers, each with its length."""
    sha = hashlib.sha256()
    headers = (part for name, raw in record.headers for part in (name.encode(), raw))
    for part in (record.key, record.value, *headers):
        sha.update(b"-" if part is None else b"%d:" % len(part))
        sha.update(part or b"")
    return sha.hexdigest()
