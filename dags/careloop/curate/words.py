"""Free words of a client or an agent: redacted, and what can be read from them. Called for each event."""

from dataclasses import dataclass

from careloop.curate.language import detect
from careloop.curate.redact import redact
from careloop.curate.sentiment import Scorer, Vader
from careloop.curate.understood import understood

_PLACEHOLDERS = ("[email]", "[phone]", "[number]", "[link]")


@dataclass(frozen=True)
class Read:
    """What is kept of some words."""

    text: str
    language: str | None
    sentiment: float | None
    understood: bool | None


def read(words: str | None, locale: str | None, scorer: Scorer | None = None) -> Read | None:
    """None where there are no words: a note of blanks is no note."""
    if words is None or not words.strip():
        return None
    text = redact(words.strip(), locale)
    bare = text
    for placeholder in _PLACEHOLDERS:
        bare = bare.replace(placeholder, " ")
    language = detect(bare, locale)
    return Read(text, language, (scorer or Vader()).score(bare, language), understood(bare, language))
