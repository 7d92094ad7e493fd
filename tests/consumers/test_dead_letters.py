"""What can never be read is kept whole, with its reason; too much of it stops the collector."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from consumers.batch import OpenRange
from consumers.collect import collect
from consumers.decode import decode
from consumers.land import Origin, land
from consumers.replay import refused, replay
from infra import landing, parquet
from infra.broker import Publisher
from infra.objects import Bucket
from infra.settings import Settings
from schemas.cloudevents import to_kafka
from schemas.errors import TooManyDeadLetters
from schemas.keys import DEAD_LETTERS, LANDING, ChainId
from tests.consumers.making import START, TOPIC, ids, refused_offsets, reopened, send, send_raw, tiles

KEY, VALUE, HEADERS = to_kafka(reopened(1))
PLAIN = [(name, raw) for name, raw in HEADERS if name != "content-type"]

NASTIES: dict[str, tuple[str, bytes | None, Any]] = {
    "no headers": ("not-a-cloudevent", VALUE, []),
    "no value": ("not-a-cloudevent", None, HEADERS),
    "wrong content type": ("content-type", VALUE, [*PLAIN, ("content-type", b"text/xml")]),
    "duplicate header": ("bad-attribute", VALUE, [*HEADERS, ("ce_id", b"again")]),
    "invalid UTF-8": ("not-json", b'{"x": "\xff"}', HEADERS),
    "NaN": ("not-json", b'{"resolution_seq": NaN}', HEADERS),
    "deep nesting": ("not-json", VALUE[:-1] + b',"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}", HEADERS),
    "huge": ("too-large", b" " * 1_000_001, HEADERS),
    "unknown type": ("unknown-type", VALUE, [(n, b"a.b" if n == "ce_type" else r) for n, r in HEADERS]),
    "wrong topic": (
        "wrong-topic",
        VALUE,
        [(n, b"careloop.risk.flagged.v1" if n == "ce_type" else r) for n, r in HEADERS],
    ),
    "schema": ("schema", b"{}", HEADERS),
}


def test_every_nasty_message_is_kept_as_it_came_with_its_reason(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    send(kafka_settings, map(reopened, range(40)))
    for _, value, headers in NASTIES.values():
        send_raw(kafka_settings, value, headers=headers)
    send(kafka_settings, map(reopened, range(40, 60)))

    tally = collect(kafka_settings, bucket, until_caught_up=True)

    assert (tally.rows, tally.refused) == (60, len(NASTIES))
    kept = {
        (row["reason"], row["value"], tuple((h["name"], h["value"]) for h in row["headers"]))
        for row in rows(bucket)
    }
    assert kept == {(reason, value, tuple(headers)) for reason, value, headers in NASTIES.values()}
    assert {row["key"] for row in rows(bucket)} == {b"C1"}
    assert set(ids(bucket).values()) == {1}


def rows(bucket: Bucket) -> list[dict[str, Any]]:
    keys = [entry.key for entry in bucket.scan(DEAD_LETTERS) if entry.key.endswith(".parquet")]
    return [row for key in keys for row in parquet.read(bucket.get(key).body).to_pylist()]


def test_a_timestamp_that_is_no_date_is_malformed(kafka_settings: Settings, bucket: Bucket) -> None:
    with Publisher(kafka_settings) as publisher:
        publisher._producer.send(TOPIC, VALUE, KEY, headers=HEADERS, timestamp_ms=2**61)
        publisher._producer.flush()
    assert collect(kafka_settings, bucket, until_caught_up=True).refused == 1
    assert [one.reason for one in refused(bucket)] == ["bad-attribute"]


def test_dead_letters_that_no_range_names_do_not_count(bucket: Bucket) -> None:
    bucket.create(ChainId(TOPIC, 1, 0).dead_letters(0, "orphan"), b"")
    assert refused_offsets(bucket) == []


def test_a_range_of_dead_letters_alone_has_no_rows_and_is_landed(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    send_raw(kafka_settings, b"x", b"y")
    collect(kafka_settings, bucket, until_caught_up=True)
    (only,) = landing.read_new(bucket, {})
    assert (only.next - only.first, only.table.num_rows) == (2, 0)


def test_too_many_in_a_row_stop_the_collector_and_nothing_of_them_is_lost(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    strict = kafka_settings.model_copy(update={"dead_letter_run": 5})
    send_raw(kafka_settings, *[b"x"] * 6)
    with pytest.raises(TooManyDeadLetters, match=r"6 messages in a row.*CARELOOP_DEAD_LETTER_RUN"):
        collect(strict, bucket, until_caught_up=True)
    assert not list(bucket.scan(LANDING))

    assert collect(kafka_settings, bucket, until_caught_up=True).refused == 6


def test_too_great_a_share_stops_the_collector(kafka_settings: Settings, bucket: Bucket) -> None:
    key = [reopened(40 * number) for number in range(60)]  # all of one client, and so on one partition
    send(kafka_settings, key)
    with Publisher(kafka_settings) as publisher:
        for number in range(60):
            publisher.send_raw(TOPIC, b"C0", b"x" if number % 30 else VALUE, HEADERS)
        publisher.flush()
    strict = kafka_settings.model_copy(update={"dead_letter_share": 0.4})
    with pytest.raises(TooManyDeadLetters, match=r"58 of 120 messages.*CARELOOP_DEAD_LETTER_SHARE"):
        collect(strict, bucket, until_caught_up=True)
    assert tiles(bucket) == {}


def test_a_replay_sends_what_was_received_and_only_once(kafka_settings: Settings, bucket: Bucket) -> None:
    good = to_kafka(reopened(7))
    send_raw(kafka_settings, b"x", None, headers=HEADERS)
    send_raw(kafka_settings, good[1], topic="careloop.risks", headers=good[2])
    collect(kafka_settings, bucket, until_caught_up=True)

    with Publisher(kafka_settings) as publisher:
        assert replay(bucket, publisher, reason="not-json") == 1
        assert replay(bucket, publisher, reason="not-json") == 0
        assert sorted(one.reason for one in refused(bucket) if one.replayed) == ["not-json"]
        assert replay(bucket, publisher) == 1
        assert replay(bucket, publisher) == 0
    collect(kafka_settings, bucket, until_caught_up=True)

    again = [(row["reason"], row["value"], json.dumps(row["headers"], default=repr)) for row in rows(bucket)]
    assert len(again) == 5
    assert len(set(again)) == 3


def test_a_header_without_a_value_is_kept_and_replayed_as_empty(
    kafka_settings: Settings, bucket: Bucket
) -> None:
    headers = [(name, None if name == "ce_id" else raw) for name, raw in HEADERS]
    record = SimpleNamespace(topic=TOPIC, offset=0, timestamp=0, key=None, value=VALUE, headers=headers)
    closed = OpenRange(ChainId(TOPIC, 1, 0), 0)
    closed.add([decode(record)], 1, START)
    closed.advance(1, START)
    land(bucket, closed, Origin(), START)

    assert ("ce_id", None) in [(header["name"], header["value"]) for header in rows(bucket)[0]["headers"]]
    with Publisher(kafka_settings) as publisher:
        assert replay(bucket, publisher) == 1
