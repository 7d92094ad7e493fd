"""Any split of landing into batches, in any order, has the same winners and the same count of duplicates."""

from datetime import date
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from careloop.curate.winners import Copy, Position, decide

DAY = date(2025, 6, 2)
positions = st.builds(
    Position, st.integers(1, 2), st.integers(0, 2), st.integers(0, 30), st.sampled_from(["t.a", "t.b"])
)
landed = st.lists(
    st.tuples(st.sampled_from("abcdef"), positions), unique_by=lambda each: each[1], max_size=40
).map(lambda pairs: [Copy(uid, place, "ticket-resolved", DAY) for uid, place in pairs])


@given(landed, st.lists(st.integers(0, 40), max_size=6), st.randoms(use_true_random=False))
def test_winners_do_not_depend_on_order_or_batches(copies: list[Copy], cuts: list[int], rng: Random) -> None:
    expected = {uid: min(c.position for c in copies if c.uid == uid) for uid in {c.uid for c in copies}}
    rng.shuffle(copies)
    known: dict[str, Copy] = {}
    curated = duplicates = 0
    edges = [0, *sorted(min(cut, len(copies)) for cut in cuts), len(copies)]
    for start, end in pairwise(edges):
        decision = decide(copies[start:end], known)
        assert set(decision.displaced) <= set(decision.won)
        known |= decision.won
        curated += len(decision.won) - len(decision.displaced)
        duplicates += len(decision.lost) + len(decision.displaced)
    assert {uid: copy.position for uid, copy in known.items()} == expected
    assert curated == len(expected)
    assert curated + duplicates == len(copies)
