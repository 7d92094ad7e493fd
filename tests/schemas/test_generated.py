"""What is generated from the types is what is committed, and says what the types say."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from schemas import generate
from schemas.events import ALL, BY_TYPE
from schemas.policy import parse
from schemas.topics import Topic

SCHEMAS = Path(generate.__file__).parent


@pytest.mark.parametrize("name", sorted(generate.documents()))
def test_a_generated_file_has_not_drifted_from_the_types(name: str) -> None:
    committed = (SCHEMAS / name).read_text()
    assert committed == generate.documents()[name], "run `make generate`"


def test_no_generated_file_is_left_over_from_a_type_that_is_gone() -> None:
    assert {f"json/{path.name}" for path in (SCHEMAS / "json").iterdir()} == {
        name for name in generate.documents() if name.startswith("json/")
    }


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.TYPE)
def test_every_event_schema_is_valid_json_schema_and_describes_its_event(kind: type) -> None:
    schema = json.loads((SCHEMAS / f"json/{BY_TYPE[kind.TYPE].TYPE}.schema.json").read_text())  # type: ignore[attr-defined]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["description"]


def test_every_topic_and_message_is_in_the_asyncapi_document() -> None:
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())
    assert {channel["address"] for channel in document["channels"].values()} == {str(t) for t in Topic}
    assert set(document["components"]["messages"]) == set(BY_TYPE)
    for message in document["components"]["messages"].values():
        assert (SCHEMAS / message["payload"]["$ref"]).is_file()


def test_a_valid_policy_also_passes_the_editors_schema() -> None:
    text = "version: 1\norganisation: {name: Acme}\nprogrammes: {after-resolution: {delay: 24h}}\n"
    parse(text, where="policy.yaml")
    jsonschema.validate(yaml.safe_load(text), generate.policy_schema())


def test_the_editors_schema_refuses_a_misprinted_duration() -> None:
    bad = {"version": 1, "organisation": {"name": "A"}, "programmes": {"p": {"delay": "24x"}}}
    with pytest.raises(jsonschema.ValidationError, match="24x"):
        jsonschema.validate(bad, generate.policy_schema())
