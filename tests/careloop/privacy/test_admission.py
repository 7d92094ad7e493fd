"""A cell changes by nobody or by at least five clients, and nothing waits that need not."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from careloop.privacy import Touched, admitted


def touched(entries: list[tuple[int, int, int]], units: int) -> Touched:
    """Entries (unit, cell, client)."""
    table = np.array(entries, dtype=np.int64).reshape(-1, 3)
    cells = int(table[:, 1].max()) + 1 if len(table) else 0
    return Touched(table[:, 0], table[:, 1], table[:, 2], units, cells)


def sizes(entries: list[tuple[int, int, int]], inside: set[int]) -> list[int]:
    found: dict[int, set[int]] = {}
    for unit, cell, client in entries:
        if unit in inside or unit < 0:
            found.setdefault(cell, set()).add(client)
    return [len(clients) for clients in found.values()]


def test_five_clients_come_in_and_four_wait() -> None:
    assert admitted(touched([(n, 0, n) for n in range(5)], 5), 5).all()
    assert not admitted(touched([(n, 0, n) for n in range(4)], 4), 5).any()


def test_five_answers_of_one_client_are_one_client() -> None:
    assert not admitted(touched([(n, 0, 0) for n in range(5)], 5), 5).any()


def test_who_waits_in_one_cell_waits_in_all_and_may_take_others_along() -> None:
    # All six change cell 0; units 4 and 5 also change cell 1, which would change by two clients.
    # Without them cell 0 changes by four: so everybody waits.
    entries = [(n, 0, n) for n in range(6)] + [(4, 1, 4), (5, 1, 5)]
    assert not admitted(touched(entries, 6), 5).any()
    # With one more in cell 0, five remain when the two have gone.
    entries += [(6, 0, 6)]
    assert admitted(touched(entries, 7), 5).tolist() == [True] * 4 + [False] * 2 + [True]


def test_what_cannot_be_kept_out_counts_towards_the_group() -> None:
    assert admitted(touched([(-1, 0, n) for n in range(4)] + [(0, 0, 9)], 1), 5).all()


entries_of = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 6)), max_size=30)


@given(entries_of, st.integers(2, 4))
def test_the_result_is_the_greatest_set_in_which_no_cell_is_small(
    entries: list[tuple[int, int, int]], least: int
) -> None:
    inside = {int(unit) for unit in np.flatnonzero(admitted(touched(entries, 7), least))}
    assert all(size >= least for size in sizes(entries, inside))
    for count in range(8):
        for other in combinations(range(7), count):
            if all(size >= least for size in sizes(entries, set(other))):
                assert set(other) <= inside, "every set that holds is part of the one found"
