"""CloudEvents on Kafka: what is written can be read, what is kept is kept, and what is wrong has a reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cloudevents import MAX_DATA_BYTES, Event, event, from_kafka, to_kafka
from schemas.errors import DeadLetterReason, Malformed
from schemas.events import Effort, PromptRotated, PulseAnswered, TicketReopened

NOW = datetime(2025, 6, 2, 9, 0, 0, 123456, tzinfo=UTC)
TOPIC = "careloop.resolutions"
DATA = {"ticket_id": "T1", "resolution_seq": 1, "client_id": "C1", "reopened_at": "2025-06-02T09:00:00Z"}
BODY = json.dumps(DATA).encode()
TYPE = "careloop.ticket.reopened.v1"
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/s", "type": TYPE}
HEADERS = [("content-type", b"application/json"), *((f"ce_{k}", v.encode()) for k, v in ATTRIBUTES.items())]
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=utf-8")]


def reopened(**changes: Any) -> Event:
    data = TicketReopened(ticket_id="T1", resolution_seq=1, client_id="C1", reopened_at=NOW)
    return event(**{"source": "/s", "id": "1", "time": NOW, "data": data} | changes)


def with_header(name: str, value: bytes | None) -> list[tuple[str, bytes | None]]:
    return [*((known, raw) for known, raw in HEADERS if known != name), *([(name, value)] if value else [])]


def structured(**changes: Any) -> bytes:
    return json.dumps(ATTRIBUTES | {"data": DATA} | changes).encode()


attribute_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)
names = st.from_regex(r"[a-z][a-z0-9]{0,19}", fullmatch=True).filter(
    lambda name: (
        name
        not in {
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "datacontenttype",
            "dataschema",
            "subject",
            "data",
        }
    )
)


@settings(deadline=None)
@given(
    attribute_text,
    attribute_text,
    st.dictionaries(names, attribute_text, max_size=4),
    st.datetimes(timezones=st.just(UTC)),
)
def test_what_is_written_is_read_back(
    name: str, source: str, extensions: dict[str, str], time: datetime
) -> None:
    sent = reopened(id=name, source=source, extensions=extensions, time=time)
    assert from_kafka(TOPIC, *to_kafka(sent)) == sent


@settings(deadline=None)
@given(attribute_text, st.dictionaries(names, attribute_text, max_size=4))
def test_structured_mode_reads_as_binary_mode_does(name: str, extensions: dict[str, str]) -> None:
    document = {**ATTRIBUTES, **extensions, "id": name, "time": NOW.isoformat()}
    body = json.dumps(DATA, separators=(",", ":")).encode()
    whole = json.dumps(document).encode()[:-1] + b',"data":' + body + b"}"

    read = from_kafka(TOPIC, b"C1", whole, STRUCTURED)

    headers = [("content-type", b"application/json"), *((f"ce_{k}", v.encode()) for k, v in document.items())]
    assert read == from_kafka(TOPIC, b"C1", body, headers)
    assert read.data == body


def test_unknown_fields_and_extensions_are_kept_as_received() -> None:
    body = json.dumps(DATA | {"from_tomorrow": {"a": [1, 2]}}).encode()
    headers = [*HEADERS, ("ce_traceparent", b"00-aa"), ("ce_count", b"3")]
    read = from_kafka(TOPIC, None, body, headers)
    assert read.data == body
    assert read.extensions == {"traceparent": "00-aa", "count": "3"}


def test_extensions_of_a_structured_event_become_text() -> None:
    read = from_kafka(TOPIC, None, structured(sampled=True, count=3, absent=None), STRUCTURED)
    assert read.extensions == {"sampled": "true", "count": "3"}


def test_header_names_may_be_in_any_case_and_foreign_headers_are_passed_by() -> None:
    headers = [(name.upper() if name != "ce_id" else name, raw) for name, raw in HEADERS]
    assert from_kafka(TOPIC, None, BODY, [*headers, ("x-trace", b"\xff"), ("x-trace", None)]).id == "1"


def test_time_is_utc_and_may_be_absent() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    assert from_kafka(TOPIC, None, BODY, HEADERS).time is None
    read = from_kafka(TOPIC, None, BODY, [*HEADERS, ("ce_time", b"2025-06-02T14:30:00+05:30")])
    assert read.time == datetime(2025, 6, 2, 14, 30, tzinfo=there)
    assert read.time is not None
    assert read.time.tzinfo is UTC


def test_the_key_is_the_field_that_the_type_names() -> None:
    data = PromptRotated(month="2025-06", prompt_id="p", rotated_at=NOW, catalogue_version="1")
    assert event(source="/s", id="1", time=NOW, data=data).key == b"2025-06"
    assert reopened().key == b"C1"


def test_a_time_without_an_offset_is_not_written() -> None:
    with pytest.raises(ValueError, match="offset"):
        reopened(time=NOW.replace(tzinfo=None))


R = DeadLetterReason
MALFORMED: list[tuple[str, DeadLetterReason, bytes | None, Any]] = [
    ("no value", R.NOT_A_CLOUDEVENT, None, HEADERS),
    ("no headers", R.NOT_A_CLOUDEVENT, BODY, []),
    ("another content type", R.CONTENT_TYPE, BODY, with_header("content-type", b"text/plain")),
    ("no content type", R.CONTENT_TYPE, BODY, with_header("content-type", None)),
    ("Avro", R.CONTENT_TYPE, BODY, [("content-type", b"application/cloudevents+avro")]),
    ("a batch", R.CONTENT_TYPE, b"[]", [("content-type", b"application/cloudevents-batch+json")]),
    ("a header twice", R.BAD_ATTRIBUTE, BODY, [*HEADERS, ("ce_id", b"2")]),
    ("a header twice in another case", R.BAD_ATTRIBUTE, BODY, [*HEADERS, ("CE_ID", b"2")]),
    ("a header that is not UTF-8", R.BAD_ATTRIBUTE, BODY, with_header("ce_id", b"\xff\xfe")),
    ("an attribute name with a line", R.BAD_ATTRIBUTE, BODY, [*HEADERS, ("ce_a\n", b"x")]),
    ("no id", R.MISSING_ATTRIBUTE, BODY, with_header("ce_id", None)),
    ("no type", R.MISSING_ATTRIBUTE, BODY, with_header("ce_type", None)),
    ("another version", R.BAD_ATTRIBUTE, BODY, with_header("ce_specversion", b"0.3")),
    ("a time without an offset", R.BAD_ATTRIBUTE, BODY, [*HEADERS, ("ce_time", b"2025-06-02T09:00:00")]),
    ("a time that overflows", R.BAD_ATTRIBUTE, BODY, [*HEADERS, ("ce_time", b"9999-12-31T23:59:59-23:59")]),
    ("an unknown type", R.UNKNOWN_TYPE, BODY, with_header("ce_type", b"careloop.ticket.lost.v1")),
    ("a type of another topic", R.WRONG_TOPIC, BODY, with_header("ce_type", b"careloop.pulse.opened.v1")),
    ("not JSON", R.NOT_JSON, b"hello", HEADERS),
    ("an empty value", R.NOT_JSON, b"", HEADERS),
    ("something behind the JSON", R.NOT_JSON, BODY + b"x", HEADERS),
    ("NaN", R.NOT_JSON, BODY.replace(b": 1", b": NaN"), HEADERS),
    ("not UTF-8", R.NOT_JSON, BODY.replace(b"T1", b"\xff"), HEADERS),
    ("not UTF-8 in an unknown field", R.NOT_JSON, BODY[:-1] + b', "x": "\xff"}', HEADERS),
    ("UTF-16", R.NOT_JSON, json.dumps(DATA).encode("utf-16"), HEADERS),
    ("deep nesting", R.NOT_JSON, BODY[:-1] + b', "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", HEADERS),
    ("too large", R.TOO_LARGE, b" " * (MAX_DATA_BYTES + 1), HEADERS),
    ("a missing field", R.SCHEMA, b"{}", HEADERS),
    ("another JSON type", R.SCHEMA, b"[]", HEADERS),
    ("a field out of range", R.SCHEMA, BODY.replace(b": 1", b": 0"), HEADERS),
    ("structured, not JSON", R.NOT_JSON, b"hello", STRUCTURED),
    ("structured, not UTF-8", R.NOT_JSON, structured(id="@").replace(b"@", b"\xff"), STRUCTURED),
    (
        "structured, a number out of range",
        R.NOT_JSON,
        structured(count="@").replace(b'"@"', b"1e999"),
        STRUCTURED,
    ),
    ("structured, no data", R.MISSING_ATTRIBUTE, json.dumps(ATTRIBUTES).encode(), STRUCTURED),
    ("structured, an attribute that is a list", R.BAD_ATTRIBUTE, structured(list=[1]), STRUCTURED),
    ("structured, a huge number", R.BAD_ATTRIBUTE, structured(count=10**300), STRUCTURED),
]


@pytest.mark.parametrize(
    ("reason", "value", "headers"), [one[1:] for one in MALFORMED], ids=[one[0] for one in MALFORMED]
)
def test_what_is_wrong_for_ever_has_its_reason(
    reason: DeadLetterReason, value: bytes | None, headers: Any
) -> None:
    with pytest.raises(Malformed) as why:
        from_kafka(TOPIC, b"C1", value, headers)
    assert why.value.reason is reason


header_values = st.none() | st.binary(max_size=20) | st.sampled_from([raw for _, raw in HEADERS])
header_names = st.text(max_size=8) | st.sampled_from([name for name, _ in HEADERS] + ["ce_time", "ce_x"])


@settings(deadline=None, max_examples=300)
@given(
    st.none() | st.binary() | st.just(BODY) | st.just(structured()),
    st.lists(st.tuples(header_names, header_values), max_size=6),
    st.sampled_from([[], HEADERS, HEADERS[:-1], STRUCTURED]),
)
def test_no_input_does_more_than_be_malformed(value: bytes | None, headers: Any, known: Any) -> None:
    try:
        from_kafka(TOPIC, None, value, [*known, *headers])
    except Malformed:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(
        st.text(max_size=10) | st.sampled_from([*ATTRIBUTES, "time", "data"]), json_values, max_size=6
    )
)
def test_no_structured_document_does_more_than_be_malformed(document: dict[str, Any]) -> None:
    try:
        from_kafka(TOPIC, None, json.dumps(ATTRIBUTES | {"data": DATA} | document).encode(), STRUCTURED)
    except Malformed:
        return


@pytest.mark.parametrize(
    "change", [{"resolved_by": "me@example.org"}, {"escalation_cause": 'it\'s "me@example.org"'}]
)
def test_a_detail_says_what_is_wrong_and_not_what_was_written(change: dict[str, str]) -> None:
    data = {"ticket_id": "T", "resolution_seq": 1, "client_id": "C", "resolved_at": "2025-06-02T09:00:00Z"}
    body = json.dumps(data | {"resolved_by": "human"} | change).encode()
    with pytest.raises(Malformed) as why:
        from_kafka(TOPIC, None, body, with_header("ce_type", b"careloop.ticket.resolved.v1"))
    assert "example.org" not in why.value.detail
    assert next(iter(change)) in why.value.detail


def test_a_rating_above_its_scale_is_malformed_and_not_told() -> None:
    data = PulseAnswered(pulse_id="p", client_id="C1", effort=Effort(raw=7), answered_at=NOW)
    key, body, headers = to_kafka(event(source="/s", id="1", time=NOW, data=data))
    with pytest.raises(Malformed) as why:
        from_kafka("careloop.pulse-responses", key, body.replace(b'"raw":7', b'"raw":99'), headers)
    assert why.value.reason is R.SCHEMA
    assert "99" not in why.value.detail
