"""A wrong mapping says what is wrong, where, and what to write instead."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from infra.helpdesk import mapping, mapping_file
from schemas.errors import InputError

GOOD = (Path(mapping.__file__).parent / "mappings" / "servicenow-audit.yaml").read_text()


@pytest.mark.parametrize("name", mapping_file.shipped())
def test_every_shipped_mapping_loads_and_fits_the_schema(name: str) -> None:
    mapping_file.load(name)
    text = (Path(mapping.__file__).parent / "mappings" / f"{name}.yaml").read_text()
    jsonschema.validate(yaml.safe_load(text), mapping_file.json_schema())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: audit-log", "kind: [", "line"),
        ("kind: audit-log", "kind: audits", "audits"),
        ("event_time: sys_updated_at", "event_tme: sys_updated_at", "event_tme"),
        ("  client_id: caller_id\n", "", "client_id"),
        ("America/Sao_Paulo", "Brazil/Rio", "IANA"),
        ('"%d-%m-%Y %H:%M"', '"dd-MM HH:mm"', "has no year"),
        ("encoding: utf-8", "encoding: utf-99", "utf-99"),
        ("{default: human}", "{default: robot}", "resolved_by 'robot'"),
        ("{default: human}", "{}", "needs a column, a default, or both"),
        ("product: category", "product: {column: category, cumulative: true}", "no counter"),
        ("compare: number", "compare: digits", "digits"),
        ('delimiter: ","', 'delimiter: ";;"', "delimiter"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as raised:
        mapping_file.parse(GOOD.replace(old, new).encode(), where="mine.yaml")
    assert str(raised.value).startswith("mine.yaml")
    assert said in str(raised.value)


def test_a_name_that_does_not_ship_lists_those_that_do() -> None:
    with pytest.raises(InputError, match="servicenow-audit"):
        mapping_file.load("zendesk")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        mapping_file.load(str(tmp_path / "none.yaml"))


def test_every_field_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text()
    kinds = (mapping.AuditLog, mapping.OptedOut, mapping.File, mapping.Times, mapping.Field, mapping.Fields)
    for kind in (*kinds, mapping.States, mapping.OrderBy):
        for name in kind.__struct_fields__:
            assert f"`{name}`" in text, f"docs/mapping.md does not explain {name}"


def test_the_documented_example_works() -> None:
    text = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text()
    example = text.rpartition("```yaml\n")[2].partition("```")[0]
    found = mapping_file.parse(example.encode(), where="docs/mapping.md")
    assert found.source == "acme-desk"
