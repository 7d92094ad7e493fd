"""Which of a family's new events enter this version, and which wait for their group.

Makes the family's members as the last version had them and as all events make them; what differs is what
would change in published cells. Events that share a slot come in or wait together. The rule itself is
`careloop.privacy.admission`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careloop.metrics.engine import Engine
from careloop.metrics.evaluate import Moment, evaluate
from careloop.metrics.events import Events
from careloop.metrics.families import Family
from careloop.metrics.previous import PreviousVersion
from careloop.privacy import Touched, admitted

_FREE = -1


@dataclass(frozen=True)
class Admission:
    """``waiting`` and ``counted`` are events of the family, by identity."""

    counted: pa.Array
    waiting: frozenset[str]


def admit(
    engine: Engine, family: Family, events: Events, previous: PreviousVersion | None, moment: Moment
) -> Admission:
    """Decide, and leave the family's members in the engine as this version counts them."""
    everything = pc.unique(_all_uids(events))
    if previous is None:
        evaluate(engine, family, events, everything, moment)
        return Admission(everything, frozenset())
    seen = _seen(events, family, previous)
    before = Moment(previous.at or moment.now, moment.policy)
    evaluate(engine, family, events, pa.array(sorted(seen), pa.string()), before)
    for name in family.members:
        engine.put(f"{name}_before", engine.table(name))
    evaluate(engine, family, events, everything, moment)
    waiting = _waiting(engine, family, seen, moment.policy.privacy.min_clients)
    if not waiting:
        return Admission(everything, frozenset())
    refused = pa.array(sorted(waiting), pa.string())
    counted = everything.filter(pc.invert(pc.is_in(everything, value_set=refused)))
    evaluate(engine, family, events, counted, moment)
    return Admission(counted, frozenset(waiting))


def _all_uids(events: Events) -> pa.ChunkedArray:
    return events.envelope().column("uid").combine_chunks()


def _seen(events: Events, family: Family, previous: PreviousVersion) -> set[str]:
    """The events that the last version counted in this family: landed before it and not waiting then."""
    waited = {
        row["id"]
        for row in previous.waiting.to_pylist()
        if row["family"] == family.name and row["kind"] == "event"
    }
    rows = events.envelope().to_pylist()
    return {row["uid"] for row in rows if _had_landed(row, previous.positions)} - waited


def _had_landed(row: Mapping[str, object], positions: Mapping[str, int]) -> bool:
    """Whether the winner or any other copy lies before the last version's positions."""
    places = [(f"{row['topic']}/{row['generation']}/{row['partition']}", int(str(row["offset"])))]
    for text in row["also_at"] or []:  # type: ignore[attr-defined]
        chain, _, offset = str(text).rpartition(":")
        places.append((chain, int(offset)))
    return any(offset < positions.get(chain, 0) for chain, offset in places)


def _waiting(engine: Engine, family: Family, seen: set[str], min_clients: int) -> set[str]:
    changes = engine.ask(_changes(family))
    slots = changes.column("slot").to_pylist()
    units, parts = _units(engine, family, seen, set(slots))
    unit = np.array([units.get(slot, _FREE) for slot in slots], dtype=np.int64)
    cells, cell = np.unique(np.array(changes.column("cell").to_pylist(), dtype=object), return_inverse=True)
    _, client = np.unique(np.array(changes.column("client").to_pylist(), dtype=object), return_inverse=True)
    touched = Touched(unit, cell.astype(np.int64), client.astype(np.int64), len(parts), len(cells))
    inside = admitted(touched, min_clients)
    return {uid for number, uids in enumerate(parts) if not inside[number] for uid in uids}


def _changes(family: Family) -> str:
    """Slot, client and cell of each member row that is new or gone; parts never published are left out."""
    selects = []
    for name in family.members:
        new = f"(select * from {name} except all select * from {name}_before)"
        gone = f"(select * from {name}_before except all select * from {name})"
        known = (
            f" where {family.root} in (select distinct {family.root} from {name}_before)"
            if family.root
            else f" where exists (select 1 from {name}_before)"
        )
        changed = f"({new} union all {gone}) changed"
        selects.append(f"select slot, client, concat_ws('¦', '{name}', cell) as cell from {changed}{known}")
    return " union all ".join(selects)


def _units(
    engine: Engine, family: Family, seen: set[str], changed: set[str]
) -> tuple[dict[str, int], list[set[str]]]:
    """The unit of each changed slot, and each unit's events.

    Slots that share a new event are one unit. A slot without a new event changed by the passing of time:
    it waits as a whole if the last version did not have it, and else cannot be kept out.
    """
    fresh: dict[str, set[str]] = {}
    whole: dict[str, set[str]] = {}
    for row in engine.table(family.parts).to_pylist():
        whole.setdefault(row["slot"], set()).add(row["uid"])
        if row["uid"] not in seen:
            fresh.setdefault(row["slot"], set()).add(row["uid"])
    had = _slots_before(engine, family)
    for slot in changed - set(fresh) - had:
        fresh[slot] = whole.get(slot, set())
    leader = _joined(fresh.values())
    numbers: dict[str, int] = {}
    parts: list[set[str]] = []
    units: dict[str, int] = {}
    for slot in sorted(slot for slot, uids in fresh.items() if uids):
        uids = fresh[slot]
        head = leader(next(iter(uids)))
        if head not in numbers:
            numbers[head] = len(parts)
            parts.append(set())
        parts[numbers[head]] |= uids
        units[slot] = numbers[head]
    return units, parts


def _slots_before(engine: Engine, family: Family) -> set[str]:
    union = " union ".join(f"select slot from {name}_before" for name in family.members)
    return set(engine.ask(union).column("slot").to_pylist())


class _Joined:
    """Union-find over events."""

    def __init__(self, groups: Iterable[set[str]]) -> None:
        self._parent: dict[str, str] = {}
        for group in groups:
            first, *others = sorted(group) or [""]
            for other in others:
                self._parent[self(other)] = self(first)

    def __call__(self, uid: str) -> str:
        parent = self._parent.setdefault(uid, uid)
        while parent != uid:
            self._parent[uid] = self._parent.setdefault(parent, parent)
            uid = parent
            parent = self._parent[uid]
        return uid


_joined = _Joined
