"""The gate: looks at a version's tables and says whether product teams may see them.

A failed critical expectation holds the version; a failed warning is told and lets it pass. Nothing
is mended or written here. Called by ``careloop.publish``.
"""

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations import (
    asks,
    dignity,
    effort,
    engine,
    frames,
    moments,
    prompts,
    response,
    stories,
    triage,
    volumes,
)
from expectations.facts import Facts
from expectations.frames import Frame
from expectations.rule import Given, Rule
from expectations.verdict import Finding, Verdict
from schemas.policy import Policy
from schemas.tables import DATASETS

if TYPE_CHECKING:
    import pandas as pd

SUITES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (volumes, effort, response, asks, dignity, moments, prompts, stories, triage)
}
"""the module of each dataset's suite; a new dataset without one is held"""


def check(
    tables: Mapping[str, pa.Table],
    previous: Mapping[str, pa.Table] | None,
    facts: Facts,
    policy: Policy,
    now: datetime,
) -> Verdict:
    """All findings over ``tables``; ``previous`` are those of the last version, None for the first."""
    context = engine.context()
    findings: list[Finding] = []
    for name in DATASETS:
        if name not in tables:
            findings.append(_missing(name))
            continue
        findings += check_dataset(name, tables, previous, facts, policy, now, context=context)
    return Verdict(tuple(findings))


def check_dataset(
    name: str,
    tables: Mapping[str, pa.Table],
    previous: Mapping[str, pa.Table] | None,
    facts: Facts,
    policy: Policy,
    now: datetime,
    *,
    context: Any = None,
) -> list[Finding]:
    """The findings of one dataset's suite."""
    context = context or engine.context()
    looked_at = frames_of(name, tables, previous, facts, now)
    return engine.run(context, DATASETS[name], rules(name, policy, facts), looked_at)


def frames_of(
    name: str,
    tables: Mapping[str, pa.Table],
    previous: Mapping[str, pa.Table] | None,
    facts: Facts,
    now: datetime,
) -> dict[Frame, "pd.DataFrame"]:
    """What the suite of ``name`` looks at."""
    dataset, module, table = DATASETS[name], SUITES[name], tables[name]
    before = previous.get(name) if previous else None
    rows = frames.rows(table)
    derived = rows
    if set(rows.columns) >= {column.name for column in dataset.columns}:
        derived = frames.derived(dataset, rows)
        derived = module.derived(derived, tables) if hasattr(module, "derived") else derived
    return {
        Frame.ROWS: rows,
        Frame.DERIVED: derived,
        Frame.COLUMNS: frames.columns(dataset, table),
        Frame.MEASURES: frames.measures(dataset, table, before, facts, module.TOTAL, now),
    }


def rules(name: str, policy: Policy, facts: Facts) -> list[Rule]:
    """The suite of one dataset."""
    engine.prepare()
    made: list[Rule] = SUITES[name].suite(Given(DATASETS[name], policy, caused=facts.cause is not None))
    return made


def _missing(name: str) -> Finding:
    return Finding(
        dataset=name,
        expectation="dataset-is-there",
        says="Every dataset of the contract is in every version.",
        severity="critical",
        kind="expect_dataset_to_exist",
        met=False,
        detail=f"there is no table {name}",
    )
