"""Which cells are hidden in this version, and taking the figures of hidden rows away.

The rule is `careloop.privacy.suppression`; here the members become its vectors. The one place where a
dataset's hidden figures are made null.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from careloop.metrics.engine import Engine
from careloop.metrics.families import SHOWN, Shown
from careloop.metrics.previous import PreviousVersion
from careloop.privacy import System, hidden
from schemas.tables import DATASETS, Dataset

Cell = tuple[str, str]
"""a figure's name (`Shown.name`) and its cell"""
_STATUS = pa.schema(
    [pa.field("cell", pa.string()), pa.field("clients", pa.int64()), pa.field("status", pa.string())]
)


def decide(
    engine: Engine, previous: PreviousVersion | None, min_clients: int, last_closed_week: date
) -> frozenset[Cell]:
    """Put ``<name>_status`` for every name of `SHOWN` into the engine; returns the cells that are shown."""
    clients = _clients(engine, "")
    cells = list(clients)
    numbers = {cell: number for number, cell in enumerate(cells)}
    locked = _locked(previous)
    past = _clients(engine, "_before") if previous else {}
    for gone in past:
        numbers.setdefault(gone, len(numbers))
    systems = _systems(engine, numbers, set(cells), locked)
    names = [cell for _, cell in numbers]
    running = (last_closed_week + timedelta(days=7)).isoformat()
    hid = [numbers[each] for each in past if each in clients and each not in locked]
    out = hidden(
        [clients.get(each, 0) for each in numbers],
        systems,
        min_clients,
        hid,
        lambda cell, victim: _loss(names[cell], names[victim], running),
    )
    rows: dict[str, list[dict[str, object]]] = {shown.name: [] for shown in SHOWN}
    for name, cell in cells:
        status = "suppressed" if numbers[name, cell] in out else "published"
        rows[name].append({"cell": cell, "clients": clients[name, cell], "status": status})
    for name, found in rows.items():
        engine.put(f"{name}_status", pa.Table.from_pylist(found, schema=_STATUS))
    return frozenset(each for each in cells if numbers[each] not in out)


def conceal(dataset: Dataset, table: pa.Table) -> pa.Table:
    """``table`` in the dataset's columns and order, with nothing but keys in the rows that are hidden."""
    schema = dataset.arrow
    keep = {*dataset.key, "status"}
    if "status" in table.column_names:
        shown = pc.equal(table.column("status"), "published")
        for number, name in enumerate(table.column_names):
            if name not in keep:
                column = table.column(name)
                table = table.set_column(
                    number, name, pc.if_else(shown, column, pa.scalar(None, column.type))
                )
    table = table.select(schema.names).cast(pa.schema([field.with_nullable(True) for field in schema]))
    table = table.sort_by([(name, "ascending") for name in dataset.key])
    return table.cast(schema)


def _clients(engine: Engine, suffix: str) -> dict[Cell, int]:
    """How many distinct clients each cell has, in a stable order; ``_before``: had in the last version."""
    by_name: dict[str, list[Shown]] = defaultdict(list)
    for shown in SHOWN:
        if shown.counts_clients:
            by_name[shown.name].append(shown)
    found: dict[Cell, int] = {}
    for name, parts in by_name.items():
        selects = [f"select cell, client from {each.members}{suffix} where {each.where}" for each in parts]
        union = " union all ".join(selects)
        counted = engine.ask(
            f"select cell, count(distinct client) as clients from ({union}) m group by cell order by cell"
        )
        found |= {(name, row["cell"]): row["clients"] for row in counted.to_pylist()}
    return found


def _loss(cell: str, victim: str, running: str) -> int:
    """How much readers would miss ``cell``, hidden to protect ``victim``.

    The running week is small while it is young. It hides the total then, never a closed week: those are
    what is compared.
    """
    if running in victim.split("¦"):
        return 0 if running in cell.split("¦") else 1 if "total" in cell.split("¦") else 2
    return 0


def _systems(
    engine: Engine, numbers: dict[Cell, int], existing: set[Cell], locked: frozenset[Cell]
) -> list[System]:
    now: dict[str, list[tuple[int, str]]] = defaultdict(list)
    then: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for shown in SHOWN:
        for system, cell, slot in _pairs(engine, shown.members, shown):
            if (shown.name, cell) in existing:
                now[system].append((numbers[shown.name, cell], slot))
        for system, cell, slot in _pairs(engine, f"{shown.members}_before", shown) if locked else ():
            if (shown.name, cell) in locked:
                then[system].append((numbers[shown.name, cell], slot))
    return [System.of(now[name], then[name]) for name in sorted(now)]


def _pairs(engine: Engine, table: str, shown: Shown) -> Iterable[tuple[str, str, str]]:
    found = engine.ask(f"select {shown.system} as system, cell, slot from {table} where {shown.where}")
    columns = (found.column(name).to_pylist() for name in ("system", "cell", "slot"))
    return zip(*columns, strict=True)


def _locked(previous: PreviousVersion | None) -> frozenset[Cell]:
    if previous is None:
        return frozenset()
    rows = previous.waiting.to_pylist()
    return frozenset((row["family"], row["id"]) for row in rows if row["kind"] == "shown")


def suppressed_cells(tables: dict[str, pa.Table]) -> dict[str, int]:
    """How many rows of each dataset are hidden."""
    counted = {}
    for name in DATASETS:
        table = tables[name]
        has = "status" in table.column_names
        counted[name] = int(pc.sum(pc.equal(table.column("status"), "suppressed")).as_py() or 0) if has else 0
    return counted
