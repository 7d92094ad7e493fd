"""History → the published datasets, as one step: admit, count, hide. Writes nothing.

1. for each family, which new events enter and which wait (`careloop.metrics.admit`);
2. which cells are hidden, over all families together (`careloop.metrics.conceal`);
3. each dataset by its .sql file, with the hidden figures taken away;
4. the account from landing to rows (`careloop.metrics.reconcile`).

Called by `careloop.publish` and the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from careloop.curate import HistoryManifest
from careloop.metrics import conceal, reconcile
from careloop.metrics.admit import Admission, admit
from careloop.metrics.engine import Engine
from careloop.metrics.evaluate import Moment, prepare
from careloop.metrics.events import Events, load
from careloop.metrics.families import FAMILIES
from careloop.metrics.previous import WAITING, PreviousVersion
from expectations.facts import Reconciled
from infra.objects import Bucket
from schemas.policy import Policy
from schemas.tables import DATASETS

_ORDER = ("volumes", "effort", "response", "asks", "dignity", "moments", "prompts", "stories", "triage")
"""moments reads effort; triage reads stories"""


@dataclass(frozen=True)
class Aggregates:
    """One version's figures, and what the next version has to know about it."""

    tables: dict[str, pa.Table]
    """by dataset, in the columns of `schemas.tables.DATASETS`"""
    reconciled: dict[str, Reconciled]
    """by dataset: from landing to rows"""
    suppressed: dict[str, int]
    """by dataset: how many rows are hidden"""
    waiting: pa.Table
    """for `PreviousVersion.waiting` of the next version; see `careloop.metrics.previous.WAITING`"""
    positions: dict[str, int]
    """for `PreviousVersion.positions` of the next version"""
    newest_landed: datetime | None
    """when the newest event landed, not when it happened"""

    @property
    def awaiting_group(self) -> dict[str, int]:
        """By dataset: events that wait for their group."""
        return {name: each.awaiting for name, each in self.reconciled.items()}


def aggregate(
    bucket: Bucket, history: HistoryManifest, policy: Policy, seen: PreviousVersion | None, now: datetime
) -> Aggregates:
    """The figures of all datasets at ``now``, given what the last version had ``seen``."""
    moment = Moment(now, policy)
    events = load(bucket, history, moment.zone)
    with Engine() as engine:
        prepare(engine)
        admissions, counted = _admissions(engine, events, seen, moment)
        shown = conceal.decide(engine, seen, policy.privacy.min_clients, moment.last_closed_week)
        tables = _tables(engine, events, admissions)
        counted["stories"] = reconcile.count(engine, "stories")
    return Aggregates(
        tables=tables,
        reconciled={
            name: reconcile.reconciled(
                name, history, admissions[reconcile.ORIGINS[name].family], counted[name], events.tables
            )
            for name in DATASETS
        },
        suppressed=conceal.suppressed_cells(tables),
        waiting=_memory(admissions, shown),
        positions=dict(history.positions),
        newest_landed=history.newest_landed,
    )


def _admissions(
    engine: Engine, events: Events, seen: PreviousVersion | None, moment: Moment
) -> tuple[dict[str, Admission], dict[str, set[str]]]:
    """Each family's admission, and the events that each dataset counts."""
    admissions: dict[str, Admission] = {}
    counted: dict[str, set[str]] = {}
    for family in FAMILIES:
        admissions[family.name] = admit(engine, family, events, seen, moment)
        for name, origin in reconcile.ORIGINS.items():
            if origin.family == family.name and name != "stories":
                counted[name] = reconcile.count(engine, name)
    return admissions, counted


def _tables(engine: Engine, events: Events, admissions: Mapping[str, Admission]) -> dict[str, pa.Table]:
    for name, table in events.only(admissions["resolutions"].counted, ["resolved"]).items():
        engine.put(name, table)
    for shared in ("mean_members", "means", "share_members", "shares", "dignity_level"):
        engine.make(shared)
    tables = {}
    for name in _ORDER:
        engine.make(name)
        tables[name] = conceal.conceal(DATASETS[name], engine.table(name))
        if name == "effort":
            engine.put(name, tables[name])
    return tables


def _memory(admissions: Mapping[str, Admission], shown: frozenset[conceal.Cell]) -> pa.Table:
    rows = [("event", family, uid) for family, each in admissions.items() for uid in sorted(each.waiting)]
    rows += [("shown", name, cell) for name, cell in sorted(shown)]
    return pa.Table.from_pylist(
        [{"family": family, "kind": kind, "id": each} for kind, family, each in rows], schema=WAITING
    )
