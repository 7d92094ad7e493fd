"""The catalogue of prompts: a YAML file that people edit, checked when it is read. Pure but for `read`.

Called by the rotation, and by whoever lists the prompts.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from schemas.errors import InputError

SHIPPED = Path(__file__).with_name("catalogue.yaml")
MAX_WORDS = 25
"""a longer invitation no longer fits a message of 90 words"""

Month = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Prompt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prompt in every language it is known in."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    since: Month
    """the first month it may be drawn for: an appended prompt never changes a month that has been"""
    words: dict[str, Annotated[str, Meta(min_length=1, max_length=300)]]


class Catalogue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All prompts."""

    version: Literal[1]
    languages: Annotated[list[str], Meta(min_length=1)]
    """every prompt is written in each of these"""
    prompts: Annotated[list[Prompt], Meta(min_length=1)]


def read(path: Path = SHIPPED) -> tuple[Catalogue, bytes]:
    """The catalogue in ``path`` and its bytes; `InputError` says what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the prompt catalogue cannot be read: {error.strerror}") from None
    return parse(raw, where=str(path)), raw


def version(raw: bytes) -> str:
    """What names this catalogue for ever."""
    return hashlib.sha256(raw).hexdigest()


def parse(raw: bytes, *, where: str) -> Catalogue:
    """The checked catalogue."""
    try:
        found = msgspec.convert(yaml.safe_load(raw), Catalogue)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise InputError(f"{where}, line {line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not YAML: {error}") from None
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from None
    _check(found, where)
    return found


def _check(catalogue: Catalogue, where: str) -> None:
    seen: set[str] = set()
    for prompt in catalogue.prompts:
        if prompt.id in seen:
            raise InputError(f"{where}: the id {prompt.id} appears twice; give each prompt an id of its own")
        seen.add(prompt.id)
        missing = [language for language in catalogue.languages if language not in prompt.words]
        if missing:
            raise InputError(f"{where}: prompt {prompt.id} has no words in {', '.join(missing)}")
        for language, words in prompt.words.items():
            _check_words(words, f"{where}: prompt {prompt.id}, {language}")


def _check_words(words: str, where: str) -> None:
    count = len(words.split())
    if count > MAX_WORDS:
        raise InputError(f"{where}: {count} words; at most {MAX_WORDS} fit a message")
    if "!" in words or "¡" in words:
        raise InputError(f"{where}: has an exclamation mark; ask calmly")
    if re.search(r"[\r\n\x00-\x1f]", words):
        raise InputError(f"{where}: holds a line break; write it as one line")
