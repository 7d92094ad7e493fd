"""Mapping files: found by path or by the name they ship under, read, and checked before any row is.

An error names the file, the field or line, and what to write instead. Called by ``careloop import``.
"""

import re
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from infra.helpdesk.facts import typed
from infra.helpdesk.mapping import COUNTERS, Field, Mapping, OptedOut, Times
from schemas.errors import InputError


def load(name: str) -> Mapping:
    """The mapping in the file ``name``, or the one that ships under that name. `InputError` if wrong."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or "/" in name:
        try:
            return parse(path.read_bytes(), where=name)
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {error.strerror}") from None
    found = resources.files("infra.helpdesk") / "mappings" / f"{name}.yaml"
    if not found.is_file():
        raise InputError(
            f"no mapping named {name!r} ships; give a path ending in .yaml, or one of: {', '.join(shipped())}"
        )
    return parse(found.read_bytes(), where=f"{name}.yaml")


def shipped() -> list[str]:
    """The names of the mappings that ship."""
    folder = resources.files("infra.helpdesk") / "mappings"
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema of mapping files, for editors."""
    return msgspec.json.schema(Mapping)


def parse(raw: bytes, *, where: str) -> Mapping:
    """The mapping written in ``raw``; `InputError` names ``where``, the field or line, and the mend."""
    try:
        document = yaml.safe_load(raw)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise InputError(f"{where}, line {line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not YAML: {error}") from None
    try:
        mapping: Mapping = msgspec.convert(document, Mapping)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}; docs/mapping.md lists every field") from None
    _check(mapping, where)
    return mapping


def _check(mapping: Mapping, where: str) -> None:
    try:
        "".encode(mapping.file.encoding)
    except LookupError:
        raise InputError(
            f"{where}: file.encoding {mapping.file.encoding!r} is not known, utf-8 and latin-1 are"
        ) from None
    if mapping.times is not None:
        _check_times(mapping.times, where)
    if isinstance(mapping, OptedOut):
        if mapping.changed_at is not None and mapping.times is None:
            raise InputError(f"{where}: changed_at needs times.formats, such as ['%Y-%m-%d']")
        return
    for name, field in mapping.fields.known().items():
        _check_field(name, field, where)


def _check_times(times: Times, where: str) -> None:
    try:
        ZoneInfo(times.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"{where}: times.zone {times.zone!r} is no IANA time zone, such as Europe/Berlin"
        ) from None
    for text in times.formats:
        if not re.search(r"%[YycxDs]", text):
            raise InputError(
                f"{where}: times.formats {text!r} has no year; a format is written like '%d-%m-%Y %H:%M'"
            )


def _check_field(name: str, field: Field, where: str) -> None:
    if field.column is None and field.default is None:
        raise InputError(f"{where}: fields.{name} needs a column, a default, or both")
    if field.cumulative and name not in COUNTERS:
        raise InputError(
            f"{where}: fields.{name} is no counter; cumulative is for {', '.join(sorted(COUNTERS))}"
        )
    if name == "opened_at":
        return
    for text in [*field.values.values(), *([] if field.default is None else [field.default])]:
        try:
            typed(name, text)
        except ValueError as error:
            raise InputError(f"{where}: fields.{error}") from None
