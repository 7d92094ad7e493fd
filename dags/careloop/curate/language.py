"""Which language a text is in, as ISO 639-1, or None where it cannot be told.

py3langid (a naive Bayes model) with the event's locale as a prior: a short "ok" is in the language that
the client reads us in, a clear sentence in another language overrules it. The model is loaded at first use.
"""

from functools import cache
from typing import Any

LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "ja",
    "nl", "no", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "zh",
)  # fmt: skip
"""The languages told apart; fewer candidates make short texts surer."""
PRIOR = 30.0
"""how many times likelier the locale's language is before a word is read"""
SURE = 0.5
"""the least probability that counts as knowing"""


def detect(text: str, locale: str | None = None) -> str | None:
    """The language of ``text``."""
    if not any(character.isalpha() for character in text):
        return None
    expected = locale.split("-")[0].lower() if locale else None
    weighed = {
        language: probability * (PRIOR if language == expected else 1.0)
        for language, probability in _identifier().rank(text)
    }
    best = max(weighed, key=lambda language: weighed[language])
    return best if weighed[best] / sum(weighed.values()) >= SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
