"""Suppression: small cells are hidden, and enough others with them that none comes back. Pure.

A published cell is a sum over atoms: groups of facts that lie in exactly the same cells. A hidden cell is
recovered when its sum is pinned by the published ones, that is when its 0/1 vector lies in their row space
(the linear attacker of Fellegi 1972; a rank test). While a small one is pinned, the cell that readers miss
least is hidden too, and of equals the smallest; at the end every cell that need not be hidden is shown
again, so that the choice is minimal, the same one next time, and no hidden cell comes back.

Cells that an earlier version showed are *locked*: they cannot be taken back, so they count as published for
ever, and hiding them again helps nobody. What locked cells pin alone was public before.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ZERO = 1e-7
Loss: TypeAlias = Callable[[int, int], int]


@dataclass(frozen=True)
class System:
    """Cells that count the same facts. ``cells`` are numbers shared by all systems."""

    cells: tuple[int, ...]
    vectors: Floats
    locked: Floats
    unchanged: frozenset[int]
    """cells that are locked as they are: shown before, and nothing in them is new"""

    @classmethod
    def of(cls, members: Iterable[tuple[int, str]], locked: Iterable[tuple[int, str]] = ()) -> "System":
        """From pairs (cell, fact), and such pairs of what earlier versions showed."""
        rows: dict[tuple[bool, int], set[str]] = defaultdict(set)
        for past, pairs in ((False, members), (True, locked)):
            for cell, fact in pairs:
                rows[past, cell].add(fact)
        unchanged = {cell for past, cell in rows if past and rows[past, cell] == rows.get((False, cell))}
        names = sorted(rows)
        where: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            for fact in rows[name]:
                where[fact].append(number)
        atoms = sorted({tuple(numbers) for numbers in where.values()})
        matrix = np.zeros((len(names), len(atoms)))
        for column, numbers in enumerate(atoms):
            matrix[list(numbers), column] = 1.0
        cells = tuple(cell for past, cell in names if not past)
        return cls(cells, matrix[: len(cells)], matrix[len(cells) :], frozenset(unchanged))


def hidden(
    clients: Sequence[int],
    systems: Sequence[System],
    min_clients: int,
    before: Collection[int] = (),
    loss: Loss = lambda cell, victim: 0,
) -> set[int]:
    """The numbers of the cells that are not published; ``clients[i]`` are cell i's distinct clients.

    ``before`` are the cells that the last version hid: what still protects is kept as it is.
    ``loss(cell, victim)`` says how much readers would miss ``cell``, hidden to protect ``victim``.
    """
    small = {number for number, count in enumerate(clients) if 0 < count < min_clients}
    out = small | set(before)
    while True:
        more: set[int] = set()
        for system in systems:
            more |= _helpers(system, out | more, small, clients, loss)
        if not more:
            return _shown_again(out, small, systems, clients)
        out |= more


def recovered(system: System, out: set[int]) -> list[int]:
    """The hidden cells of ``system`` that are pinned by what is published."""
    return [cell for cell, _ in _pinned(system, out, out)]


def _helpers(system: System, out: set[int], small: set[int], clients: Sequence[int], loss: Loss) -> set[int]:
    """For each pinned cell one more to hide; what was just chosen helps its other victims too."""
    chosen: set[int] = set()
    for victim, helpers in _pinned(system, out, small):
        if helpers and not any(chosen & same for same in helpers):
            ranked = [
                (max((loss(cell, victim), clients[cell], cell) for cell in same), same) for same in helpers
            ]
            chosen |= min(ranked, key=lambda each: each[0])[1]
    return chosen


Same = frozenset[int]
"""cells that count exactly the same facts: hiding one of them alone helps nobody"""


def _pinned(system: System, out: set[int], secrets: set[int]) -> list[tuple[int, list[Same]]]:
    """Each of ``secrets`` in the row space of the published cells, with the cells whose hiding would help."""
    secret = [row for row, cell in enumerate(system.cells) if cell in secrets]
    groups, vectors = _groups(system, out)
    known = np.concatenate([vectors, system.locked])
    if not secret or not len(known):
        return []
    left, size, right = _decomposed(known)
    wanted = system.vectors[secret]
    shadow = wanted @ right.T
    rest = np.abs(wanted - shadow @ right).max(axis=1)
    alone = (left**2).sum(axis=1)[: len(groups)] > 1 - 1e-6
    found = []
    for number in np.flatnonzero(rest < _ZERO * max(known.shape)):
        weight = np.abs((left @ (shadow[number] / size))[: len(groups)])
        # A cell that others add up to (all = the sum of the products) is known without being told: hiding
        # it alone helps nobody. One that no combination of the others gives (leverage 1) frees what it pins.
        # Where there is none, begin with those that weigh most: they are in the shortest sums.
        free = (weight > 1e-6) & alone
        heavy = (weight > 1e-6) & (weight > 0.5 * weight.max(initial=0.0))
        helpers = np.flatnonzero(free if free.any() else heavy)
        found.append((system.cells[secret[number]], [groups[row] for row in helpers]))
    return found


def _groups(system: System, out: set[int]) -> tuple[list[Same], Floats]:
    """The published cells that can still be hidden, equal ones together, and one vector for each group."""
    by_vector: dict[bytes, set[int]] = defaultdict(set)
    where: dict[bytes, int] = {}
    for row, cell in enumerate(system.cells):
        if cell not in out and cell not in system.unchanged:
            name = system.vectors[row].tobytes()
            by_vector[name].add(cell)
            where[name] = row
    return [frozenset(cells) for cells in by_vector.values()], system.vectors[list(where.values())]


def _shown_again(
    out: set[int], small: set[int], systems: Sequence[System], clients: Sequence[int]
) -> set[int]:
    """``out`` without the cells that protect nobody, the largest first."""
    out = set(out)
    bound = [_bound(system, out, small) for system in systems]
    while free := out - small.union(*bound):
        chosen = max(free, key=lambda cell: (clients[cell], cell))
        out.discard(chosen)
        for number, system in enumerate(systems):
            if chosen in system.cells:
                bound[number] = _bound(system, out, small)
    return out


def _bound(system: System, out: set[int], small: set[int]) -> set[int]:
    """The hidden cells that must stay hidden: showing one would pin a small one.

    Showing a cell adds one direction to what is known, its vector's rest outside the row space. It pins
    the cells whose own rest points the same way.
    """
    secret = [row for row, cell in enumerate(system.cells) if cell in out]
    if not secret:
        return set()
    shown = [row for row, cell in enumerate(system.cells) if cell not in out]
    known = np.concatenate([system.vectors[shown], system.locked])
    rest = system.vectors[secret]
    if len(known):
        _, _, right = _decomposed(known)
        rest = rest - (rest @ right.T) @ right
    length = np.linalg.norm(rest, axis=1)
    unknown = length > _ZERO * max(rest.shape)
    unit = np.where(unknown[:, None], rest / np.where(unknown, length, 1.0)[:, None], 0.0)
    protected = np.array([system.cells[row] in small for row in secret])
    same = (np.abs(unit @ unit[protected].T) > 1 - 1e-9).any(axis=1)
    return {system.cells[secret[number]] for number in np.flatnonzero(same & ~protected)}


def _decomposed(known: Floats) -> tuple[Floats, Floats, Floats]:
    """Singular vectors and values of ``known`` up to its rank."""
    left, size, right = np.linalg.svd(known, full_matrices=False)
    rank = int((size > _ZERO * max(known.shape) * size[0]).sum())
    return left[:, :rank], size[:rank], right[:rank]
