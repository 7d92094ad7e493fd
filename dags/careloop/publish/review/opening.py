"""The review's first words: at most five sentences, each with a story where one may be shown. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from careloop.publish.review.compare import Change, Row
from careloop.publish.review.words import number, signed

MOST = 5


@dataclass(frozen=True)
class Sentence:
    """One sentence, and the words of one person beside its numbers."""

    text: str
    tendency: str = ""
    story: str | None = None
    no_story: bool = False
    """there is a group, but no story of it may be shown"""


def opening(made: list[Change], weeks: tuple[date, date] | None, stories: pa.Table) -> list[Sentence]:
    """Better, worse, or no clear change."""
    if weeks is None:
        return [Sentence("There are not two closed weeks with answers yet, so nothing can be compared.")]
    clear = [each for each in made if each.clear]
    told = clear[: MOST - 1]
    return [*(_told(each, weeks[1], stories) for each in told), _rest(made, len(clear) - len(told))]


def _told(change: Change, week: date, stories: pa.Table) -> Sentence:
    story = _story(stories.to_pylist(), change.product, week)
    moved = "became easier" if change.tendency == "easier" else "became harder"
    return Sentence(
        text=f"Getting help with {change.product} {moved}: effort went from {_mean(change.before)} to "
        f"{_mean(change.after)}, a difference of {signed(change.difference)} "
        f"({signed(change.low)} to {signed(change.high)}).",
        tendency=change.tendency,
        story=story,
        no_story=story is None,
    )


def _rest(made: list[Change], more: int) -> Sentence:
    """What the other sentences leave: how many products, never which, so that noise gets no name."""
    still = sum(each.tendency == "no clear change" for each in made)
    unknown = sum(each.tendency == "not compared" for each in made)
    parts = []
    if more:
        parts.append(f"{_products(more)} more changed clearly, as the table of effort shows")
    others = "the other " if any(each.clear for each in made) else ""
    if still:
        parts.append(f"for {others}{_products(still)} there is no clear change")
    if unknown:
        parts.append(f"{_products(unknown)} had too few answers to compare")
    if not parts:
        return Sentence("No product is left to compare." if made else "No product has answers to compare.")
    text = "; ".join(parts)
    return Sentence(f"{text[0].upper()}{text[1:]}.")


def _products(count: int) -> str:
    return "1 product" if count == 1 else f"{count} products"


def _mean(row: Row | None) -> str:
    return f"{number(row['mean'])} (n {row['n']:,})" if row else "unknown"


def _story(stories: list[dict[str, Any]], product: str, week: date) -> str | None:
    """A story of that product: of that week if there is one, else the latest one before it."""
    known = [
        each
        for each in stories
        if each["dimension"] == "product" and each["member"] == product
        and (each["period_start"] is None or each["period_start"] < week + timedelta(days=7))
    ]  # fmt: skip
    known.sort(key=lambda each: (each["period_start"] or date.min, each["story_id"]), reverse=True)
    return str(known[0]["story"]) if known else None
