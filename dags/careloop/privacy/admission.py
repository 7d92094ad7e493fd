"""Admission: which new facts may enter, so that no cell changes by one to four clients. Pure.

Two versions side by side give away what changed between them: a cell that grew by one client tells that
client's answer. So a cell changes by nobody or by at least ``min_clients``; the rest wait for their group.

The answer is the greatest set with that property, and it is unique: a fact that some cell forbids while
all others are still in is forbidden in every smaller set too, because a cell only loses clients on the way.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Touched:
    """What would change: entry i says that unit ``unit[i]`` changes cell ``cell[i]`` by client ``client[i]``.

    A *unit* is what comes in or waits as a whole. All three count from 0. A unit below 0 is not new: its
    clients count towards the group, but it cannot be kept out (a cohort that is shown for the first time).
    """

    unit: Ints
    cell: Ints
    client: Ints
    units: int
    cells: int


def admitted(touched: Touched, min_clients: int) -> npt.NDArray[np.bool_]:
    """For each unit whether it comes in."""
    inside = np.ones(touched.units, dtype=bool)
    if touched.units == 0:
        return inside
    while True:
        unit_in = np.where(touched.unit < 0, True, inside[touched.unit])
        clients = _distinct_clients(touched.cell[unit_in], touched.client[unit_in], touched.cells)
        small = (clients > 0) & (clients < min_clients)
        out = unit_in & small[touched.cell] & (touched.unit >= 0)
        if not out.any():
            return inside
        inside[touched.unit[out]] = False


def _distinct_clients(cell: Ints, client: Ints, cells: int) -> Ints:
    """How many clients each cell has."""
    pairs = np.unique(np.stack([cell, client]), axis=1) if cell.size else np.empty((2, 0), dtype=np.int64)
    return np.bincount(pairs[0], minlength=cells).astype(np.int64)
