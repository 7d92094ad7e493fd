"""CloudEvents 1.0 and its Kafka protocol binding: between a Kafka record and an `Event`.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
Binary and structured mode are read, binary is written. Unknown fields of ``data`` and extension
attributes are kept as received.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.errors import DeadLetterReason, Malformed
from schemas.events import BY_TYPE, EventData, decode
from schemas.topics import Topic

Headers = Sequence[tuple[str, bytes | None]]

JSON_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json"
MAX_DATA_BYTES = 1_000_000
_KNOWN = {"specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "subject"}
_ATTRIBUTE_NAME = re.compile(r"[a-z0-9]{1,40}")
_QUOTED = re.compile(r"""('.*'|".*")(?= - at)""", re.DOTALL)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One CloudEvent whose data has been validated against its type.

    ``data`` holds the JSON bytes as received; ``(source, id)`` identifies the event.
    """

    id: str
    source: str
    type: str
    time: datetime | None
    data: bytes
    key: bytes | None = None
    extensions: dict[str, str] = {}

    @property
    def topic(self) -> Topic:
        return BY_TYPE[self.type].TOPIC

    def decoded(self) -> EventData:
        return decode(self.type, self.data)


def event(
    *, source: str, id: str, time: datetime, data: EventData, extensions: dict[str, str] | None = None
) -> Event:
    """Wrap typed ``data``; the Kafka key is the field that its type names."""
    if time.tzinfo is None:
        raise ValueError("an event's time must carry an offset")
    return Event(
        id=id,
        source=source,
        type=data.TYPE,
        time=time,
        data=msgspec.json.encode(data),
        key=str(getattr(data, data.KEY)).encode(),
        extensions=extensions or {},
    )


def to_kafka(event: Event) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of ``event`` in binary mode."""
    attributes = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type}
    if event.time is not None:
        attributes["time"] = event.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    attributes |= event.extensions
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return event.key, event.data, [("content-type", JSON_TYPE.encode()), *headers]


def from_kafka(topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Event:
    """The validated event of one Kafka record; raises `Malformed` with a typed reason."""
    if value is None:
        raise Malformed(DeadLetterReason.NOT_A_CLOUDEVENT, "the record has no value")
    if len(value) > MAX_DATA_BYTES:
        raise Malformed(DeadLetterReason.TOO_LARGE, f"{len(value)} bytes; at most {MAX_DATA_BYTES} are read")
    by_name = _header_map(headers)
    content_type = by_name.get("content-type", "").split(";")[0].strip().lower()
    if content_type == STRUCTURED_TYPE:
        attributes, data = _structured(value)
    elif content_type.startswith("application/cloudevents"):
        raise Malformed(DeadLetterReason.CONTENT_TYPE, f"event format {content_type!r} is not read, JSON is")
    else:
        attributes, data = _binary(by_name, content_type), value
    return _checked(topic, key, attributes, data)


def _header_map(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, raw in headers:
        name = name.lower()
        if name != "content-type" and not name.startswith("ce_"):
            continue
        if name in found:
            raise Malformed(DeadLetterReason.BAD_ATTRIBUTE, f"header {name} appears twice")
        try:
            found[name] = (raw or b"").decode()
        except UnicodeDecodeError:
            raise Malformed(DeadLetterReason.BAD_ATTRIBUTE, f"header {name} is not UTF-8") from None
    return found


def _binary(headers: dict[str, str], content_type: str) -> dict[str, str]:
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    if not attributes:
        raise Malformed(
            DeadLetterReason.NOT_A_CLOUDEVENT, "neither ce_ headers nor a structured content type"
        )
    if content_type != JSON_TYPE:
        raise Malformed(
            DeadLetterReason.CONTENT_TYPE, f"content-type is {content_type or 'absent'!r}, not {JSON_TYPE}"
        )
    return attributes


def _structured(value: bytes) -> tuple[dict[str, str], bytes]:
    try:
        value.decode()
        document = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        raw = document.pop("data", None)
        found = {name: msgspec.json.decode(encoded) for name, encoded in document.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(DeadLetterReason.NOT_JSON, _without_values(str(error))) from None
    if raw is None:
        raise Malformed(DeadLetterReason.MISSING_ATTRIBUTE, "the structured event has no data")
    return {name: _text(name, one) for name, one in found.items() if one is not None}, bytes(raw)


def _text(name: str, value: Any) -> str:
    """An attribute of a structured event as binary mode would carry it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return str(value)
    raise Malformed(
        DeadLetterReason.BAD_ATTRIBUTE, f"attribute {name[:40]!r} is neither text, integer nor boolean"
    )


def _checked(topic: str, key: bytes | None, attributes: dict[str, str], data: bytes) -> Event:
    for name in ("specversion", "id", "source", "type"):
        if not attributes.get(name):
            raise Malformed(DeadLetterReason.MISSING_ATTRIBUTE, f"attribute {name} is missing or empty")
    if attributes["specversion"] != "1.0":
        raise Malformed(
            DeadLetterReason.BAD_ATTRIBUTE, f"specversion {attributes['specversion']!r} is not 1.0"
        )
    for name in attributes:
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise Malformed(
                DeadLetterReason.BAD_ATTRIBUTE,
                f"attribute name {name[:40]!r} is not lower-case letters and digits",
            )
    kind = BY_TYPE.get(attributes["type"])
    if kind is None:
        raise Malformed(DeadLetterReason.UNKNOWN_TYPE, f"type {attributes['type'][:100]!r}")
    if topic != kind.TOPIC:
        raise Malformed(DeadLetterReason.WRONG_TOPIC, f"{kind.TYPE} belongs on {kind.TOPIC}")
    _validated(kind.TYPE, data)
    return Event(
        id=attributes["id"],
        source=attributes["source"],
        type=kind.TYPE,
        time=_time(attributes.get("time")),
        data=data,
        key=key,
        extensions={name: value for name, value in attributes.items() if name not in _KNOWN},
    )


def _validated(event_type: str, data: bytes) -> None:
    try:
        if not data.isascii():
            data.decode()  # a field that no type knows is passed by without looking at its bytes
        decode(event_type, data)
    except msgspec.ValidationError as error:
        raise Malformed(DeadLetterReason.SCHEMA, _without_values(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(DeadLetterReason.NOT_JSON, str(error)) from None


def _without_values(message: str) -> str:
    """What was wrong and where, without what a person wrote there: details are logged and listed."""
    return _QUOTED.sub("'…'", message)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime).astimezone(UTC) if _has_offset(text) else _no_offset(text)
    except (msgspec.ValidationError, OverflowError, ValueError):
        raise Malformed(
            DeadLetterReason.BAD_ATTRIBUTE, f"time {text[:60]!r} is not RFC 3339 with an offset"
        ) from None


def _has_offset(text: str) -> bool:
    return bool(re.search(r"([Zz]|[+-]\d\d:\d\d)$", text))


def _no_offset(text: str) -> datetime:
    raise ValueError(text)
