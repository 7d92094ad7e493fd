"""What people in the sample say, per language, from ``languages/<locale>.yaml``. Reads only what ships."""

import unicodedata
from functools import cache
from importlib import resources
from random import Random
from typing import Any

import msgspec
import yaml

LOCALES = ("en", "de", "es")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language. ``summaries`` and ``titles`` are by step of the journey, ``notes`` by how it went."""

    given_names: list[str]
    family_names: list[str]
    phone: str
    agents: list[str]
    titles: dict[str, str]
    summaries: dict[str, list[str]]
    steps: list[str]
    causes: list[str]
    contacts: list[str]
    notes: dict[str, list[str]]


@cache
def of(locale: str) -> Words:
    """The words of ``locale``."""
    raw = (resources.files("infra.sample") / "languages" / f"{locale}.yaml").read_bytes()
    return msgspec.convert(yaml.safe_load(raw), Words)


def ascii_only(text: str) -> str:
    """``text`` without accents, as mail addresses have it."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def summary(rng: Random, locale: str, moment: str, facts: dict[str, Any]) -> str:
    """An agent's own words; about one in eight holds an address, a number or a full name."""
    said = of(locale)
    text = rng.choice(said.summaries[moment])
    if facts.get("email") and rng.random() < 0.12:
        text += rng.choice(said.contacts)
    return text.format(step=rng.choice(said.steps), cause=rng.choice(said.causes), **facts)


def note(rng: Random, locale: str, rating: int, facts: dict[str, Any]) -> str:
    """A client's note that fits the rating; a few are personal, some say that they felt understood."""
    said = of(locale)
    mood = "easy" if rating >= 6 else "middling" if rating >= 4 else "hard"
    draw = rng.random()
    if draw < 0.07:
        mood = "personal"
    elif draw < 0.25 and rating >= 5:
        mood = "understood"
    return rng.choice(said.notes[mood]).format(**facts)
