"""Writes what is generated from the types: JSON Schemas, the AsyncAPI document, the policy's schema.

``python -m schemas.generate`` writes ``schemas/json/*.schema.json`` and ``schemas/asyncapi.yaml``; a
test fails when they drift from the types. `documents` itself is pure.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import yaml

from schemas.events import ALL, EventData
from schemas.policy import Duration, Policy
from schemas.topics import Topic

HERE = Path(__file__).parent
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "minLength": 1, "description": "with ce_source, identifies the event"},
        "ce_source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "ce_type": {"type": "string"},
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "when it happened; Kafka's time where absent",
        },
        "content-type": {"const": "application/json"},
    },
    "additionalProperties": {"type": "string"},
}


def documents() -> dict[str, str]:
    """File name below ``schemas/`` → its text."""
    files = {f"json/{kind.TYPE}.schema.json": _pretty(event_schema(kind)) for kind in ALL}
    files["json/policy.schema.json"] = _pretty(policy_schema())
    files["asyncapi.yaml"] = yaml.safe_dump(asyncapi(), sort_keys=False, width=110, allow_unicode=True)
    return files


def event_schema(kind: type[EventData]) -> dict[str, Any]:
    """JSON Schema of one event type's data. Unknown fields are allowed: they are kept as received."""
    return {
        "$schema": _DRAFT,
        "$id": f"urn:{kind.TYPE}",
        "x-kafka-topic": str(kind.TOPIC),
        "x-kafka-key": kind.KEY,
        **_inlined(msgspec.json.schema(kind)),
    }


def policy_schema() -> dict[str, Any]:
    """JSON Schema of the policy file, for editors."""
    return {
        "$schema": _DRAFT,
        "$id": "urn:careloop.policy",
        **_inlined(msgspec.json.schema(Policy, schema_hook=_hook)),
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: every topic with the messages that it carries."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in Topic:
        kinds = [kind for kind in ALL if topic == kind.TOPIC]
        name = topic.removeprefix("careloop.")
        channels[name] = {
            "address": str(topic),
            "messages": {kind.TYPE: {"$ref": f"#/components/messages/{kind.TYPE}"} for kind in kinds},
        }
        operations[f"collect-{name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"The collector lands every event of {topic}.",
        }
        for kind in kinds:
            messages[kind.TYPE] = {
                "name": kind.TYPE,
                "title": kind.__name__,
                "summary": (kind.__doc__ or "").strip().splitlines()[0],
                "contentType": "application/json",
                "headers": {"$ref": "#/components/schemas/CloudEvent"},
                "payload": {"$ref": f"./json/{kind.TYPE}.schema.json"},
                "bindings": {"kafka": {"key": {"type": "string", "description": f"the event's {kind.KEY}"}}},
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "careloop events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 on Kafka in binary mode; structured mode is read too. "
            "Generated from the types in schemas/events.py: edit those.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEvent": _ENVELOPE}},
    }


def _hook(kind: type) -> dict[str, Any]:
    if kind is Duration:
        return {"type": "string", "pattern": r"^\d{1,6}(s|m|h|d)$", "examples": ["30s", "90m", "24h", "7d"]}
    raise NotImplementedError(kind)


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its root ``$ref`` resolved, so that editors show its title first."""
    definitions = schema.get("$defs", {})
    reference = schema.get("$ref")
    if reference is None:
        return schema
    root = definitions.pop(reference.rsplit("/", 1)[1])
    return {**root, **({"$defs": definitions} if definitions else {})}


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every document; print those that changed."""
    (HERE / "json").mkdir(exist_ok=True)
    for name, text in documents().items():
        path = HERE / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"wrote schemas/{name}\n")


if __name__ == "__main__":
    main()
