"""Sentiment of a note, −1 to 1, or None where there is no evidence. One small interface: `Scorer`.

VADER (Hutto and Gilbert, ICWSM 2014) is a lexicon for English. A note in another language, or one in
which no word of the lexicon occurs, is not neutral: it is not scored.
"""

from functools import cache
from typing import Any, Protocol


class Scorer(Protocol):
    """Anything that scores words of a known language."""

    def score(self, text: str, language: str | None) -> float | None:
        """−1 to 1; None where the language is not read or nothing in the text is evidence."""


class Vader:
    """English only, by lexicon."""

    def score(self, text: str, language: str | None) -> float | None:
        if language != "en":
            return None
        scores = _analyzer().polarity_scores(text)
        # Words for and against that cancel out are evidence of a balanced note; no hit at all is none.
        hit = scores["pos"] > 0 or scores["neg"] > 0
        return float(scores["compound"]) if hit else None


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
