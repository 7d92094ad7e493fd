"""Understood moments: does a client say that they felt heard? By a phrase list per language.

The lists are in ``understood.yaml``, for people to edit; their precision is measured by a test on
labelled notes. A language without a list is not read: None, never "no".
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_LISTS = Path(__file__).with_name("understood.yaml")
_WINDOW = 3
"""a negation this many words before a phrase turns it round"""


def understood(text: str, language: str | None) -> bool | None:
    """Whether a note in ``language`` says so; None where there is no list for it."""
    if language not in _lists():
        return None
    phrases, negations = _lists()[language]
    plain = _plain(text)
    return any(not _negated(plain[: found.start()], negations) for found in phrases.finditer(plain))


def _negated(before: str, negations: frozenset[str]) -> bool:
    clause = re.split(r"[.;:!?]", before)[-1]
    return any(word in negations for word in clause.split()[-_WINDOW:])


def _plain(text: str) -> str:
    """Case, accents of apostrophes, and runs of blanks make no difference."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"\s+", " ", text)


@cache
def _lists() -> dict[str, tuple[re.Pattern[str], frozenset[str]]]:
    document = yaml.safe_load(_LISTS.read_text(encoding="utf-8"))
    return {
        language: (
            re.compile(r"(?<!\w)(?:" + "|".join(re.escape(_plain(p)) for p in each["phrases"]) + r")(?!\w)"),
            frozenset(_plain(word) for word in each["negations"]),
        )
        for language, each in document.items()
    }
