"""Which prompt a month has."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.prompts import catalogue as catalogues
from careloop.prompts.catalogue import Catalogue, Prompt
from careloop.prompts.rotation import prompt_for
from schemas.errors import InputError


def made(*since: str) -> Catalogue:
    prompts = [Prompt(id=f"p{n}", since=month, words={"en": "How was it?"}) for n, month in enumerate(since)]
    return Catalogue(version=1, languages=["en"], prompts=prompts)


def months(count: int, start: int = 0) -> list[str]:
    return [f"{2026 + n // 12}-{n % 12 + 1:02d}" for n in range(start, start + count)]


SIZES = st.integers(2, 9)


@settings(deadline=None)
@given(size=SIZES, seed=st.text(max_size=10))
def test_no_prompt_is_repeated_until_all_were_used(size: int, seed: str) -> None:
    catalogue = made(*["2026-01"] * size)
    drawn = [prompt_for(catalogue, seed, month).id for month in months(3 * size)]
    for cycle in range(3):
        assert len(set(drawn[cycle * size : (cycle + 1) * size])) == size
    assert all(a != b for a, b in pairwise(drawn)), "nor in two months running"


@settings(deadline=None)
@given(size=SIZES, seed=st.text(max_size=10), at=st.integers(0, 30))
def test_appending_a_prompt_changes_no_month_before_it(size: int, seed: str, at: int) -> None:
    before = made(*["2026-01"] * size)
    after = made(*["2026-01"] * size, months(1, at)[0])
    assert [prompt_for(before, seed, m).id for m in months(at)] == [
        prompt_for(after, seed, m).id for m in months(at)
    ]


def test_an_appended_prompt_is_used_within_the_cycle() -> None:
    after = made("2026-01", "2026-01", "2026-01", "2026-02")
    assert {prompt_for(after, "s", month).id for month in months(4)} == {"p0", "p1", "p2", "p3"}


def test_the_seed_decides_the_order() -> None:
    catalogue = made(*["2026-01"] * 8)
    orders = {tuple(prompt_for(catalogue, seed, m).id for m in months(8)) for seed in "abcdef"}
    assert len(orders) > 1


def test_a_month_before_the_catalogue_is_said_clearly() -> None:
    with pytest.raises(InputError, match="begins in 2026-01: it has no prompt for 2025-12"):
        prompt_for(made("2026-01"), "s", "2025-12")


def test_the_catalogue_that_ships_has_a_year_of_prompts_in_three_languages() -> None:
    catalogue, _ = catalogues.read()
    assert len(catalogue.prompts) >= 12
    assert catalogue.languages == ["en", "de", "es"]
    assert all(set(prompt.words) == {"en", "de", "es"} for prompt in catalogue.prompts)


_GOOD = b"""
version: 1
languages: [en]
prompts:
  - {id: one, since: 2026-01, words: {en: "How was it?"}}
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (_GOOD.replace(b"languages: [en]", b"languages: [en, de]"), "prompt one has no words in de"),
        (_GOOD + b"  - {id: one, since: 2026-01, words: {en: Again}}\n", "the id one appears twice"),
        (_GOOD.replace(b"How was it?", b"Great news!"), "exclamation mark"),
        (_GOOD.replace(b"How was it?", b"word " * 26), "at most 25"),
        (_GOOD.replace(b"2026-01", b"2026-13"), "since"),
        (_GOOD.replace(b"id: one", b"id: One Two"), "id"),
        (b"prompts:\n  - [", "line 2"),
        (b"", "catalogue.yaml"),
        (b"\xff\xfe\x00", "not YAML"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named(wrong: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        catalogues.parse(wrong, where="catalogue.yaml")
