"""An attacker who adds and subtracts everything published gets no hidden count back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.privacy import System, hidden
from careloop.privacy.suppression import recovered


def system(cells: dict[int, str], locked: dict[int, str] | None = None) -> System:
    """Cells by number, each with its facts as letters."""
    return System.of(_pairs(cells), _pairs(locked or {}))


def _pairs(cells: dict[int, str]) -> list[tuple[int, str]]:
    return [(number, fact) for number, facts in cells.items() for fact in facts]


def test_a_lone_small_cell_takes_the_smallest_helper_with_it() -> None:
    # 0 is the sum of 1, 2, 3; cell 1 has two clients: 0 − 2 − 3 would give it back.
    table = system({0: "abcdefgh", 1: "ab", 2: "cde", 3: "fgh"})
    assert hidden([20, 2, 8, 10], [table], 5) == {1, 2}


def test_two_small_cells_protect_each_other() -> None:
    table = system({0: "abcdefgh", 1: "ab", 2: "cde", 3: "fgh"})
    assert hidden([20, 2, 3, 10], [table], 5) == {1, 2}


def test_a_table_of_two_margins_hides_a_rectangle_and_no_margin() -> None:
    # Products x weeks: cells 0 to 8; margins 9 to 14; total 15. One small cell needs three partners.
    facts = {row * 3 + column: f"{row}{column}" for row in range(3) for column in range(3)}
    rows = {9 + row: [facts[row * 3 + column] for column in range(3)] for row in range(3)}
    columns = {12 + column: [facts[row * 3 + column] for row in range(3)] for column in range(3)}
    members = list(facts.items())
    members += [
        (number, fact) for group in (rows, columns) for number, all_ in group.items() for fact in all_
    ]
    members += [(15, fact) for fact in facts.values()]
    clients = [3, 10, 20, 10, 10, 20, 20, 20, 20, 33, 40, 60, 33, 40, 60, 133]
    assert hidden(clients, [System.of(members)], 5) == {0, 1, 3, 4}


def test_a_cell_that_readers_have_seen_cannot_protect() -> None:
    # As above, but cell 2 was shown before and has not changed: only 3 can help.
    table = system({0: "abcdefgh", 1: "ab", 2: "cde", 3: "fgh"}, locked={2: "cde"})
    assert hidden([20, 2, 8, 10], [table], 5) == {1, 3}


def test_what_was_hidden_stays_hidden_while_it_protects_and_no_longer() -> None:
    table = system({0: "abcdefgh", 1: "ab", 2: "cde", 3: "fgh"})
    assert hidden([20, 2, 8, 10], [table], 5, before={1, 3}) == {1, 3}
    assert hidden([20, 6, 8, 10], [table], 5, before={1, 3}) == set()


def test_a_small_cell_is_protected_in_every_system_that_counts_it() -> None:
    one = system({0: "abcd", 1: "ab", 2: "cd"})
    other = system({1: "xy", 3: "xyz", 4: "z"})
    out = hidden([12, 2, 7, 8, 9], [one, other], 5)
    assert 1 in out
    assert 1 not in recovered(one, out)
    assert 1 not in recovered(other, out)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[System]]:
    """Random cells over at most nine facts, each fact of a client of its own, some cells shown before."""
    cells = draw(st.lists(st.sets(st.integers(0, 8), min_size=1), min_size=1, max_size=9))
    members = {number: "".join(map(str, facts)) for number, facts in enumerate(cells)}
    shown = draw(st.sets(st.sampled_from(range(len(cells)))))
    before = {number: members[number] for number in shown if len(cells[number]) >= 3}
    return [len(facts) for facts in cells], [system(members, before)]


@settings(max_examples=150, deadline=None)
@given(tables())
def test_no_hidden_cell_is_in_the_span_of_the_published_ones(case: tuple[list[int], list[System]]) -> None:
    clients, [table] = case
    out = hidden(clients, [table], 3)
    assert {number for number, count in enumerate(clients) if count < 3} <= out
    published = [row for row, cell in enumerate(table.cells) if cell not in out]
    known = np.concatenate([table.vectors[published], table.locked])
    for row, cell in enumerate(table.cells):
        if cell in out:
            # An independent rank: adding the hidden vector must add a dimension, unless old versions alone
            # already gave it away.
            alone = np.linalg.matrix_rank(table.locked) if len(table.locked) else 0
            given_away = len(table.locked) and alone == np.linalg.matrix_rank(
                np.vstack([table.locked, table.vectors[row]])
            )
            rank = np.linalg.matrix_rank(known) if len(known) else 0
            assert given_away or np.linalg.matrix_rank(np.vstack([known, table.vectors[row]])) == rank + 1


@settings(max_examples=50, deadline=None)
@given(tables())
def test_the_choice_is_the_same_next_time(case: tuple[list[int], list[System]]) -> None:
    clients, [table] = case
    out = hidden(clients, [table], 3)
    assert hidden(clients, [table], 3, before=out) == out


def test_what_readers_miss_least_is_hidden_first_however_large_it_is() -> None:
    # Two weeks, the second one small, and their total. By size the first goes, unless it is missed more.
    first, second = [f"a{n}" for n in range(9)], [f"b{n}" for n in range(3)]
    cells = ((0, first), (1, second), (2, first + second))
    weeks = System.of([(cell, fact) for cell, facts in cells for fact in facts])
    assert hidden([9, 3, 12], [weeks], 5) == {0, 1}
    assert hidden([9, 3, 12], [weeks], 5, loss=lambda cell, victim: int(cell == 0)) == {1, 2}
