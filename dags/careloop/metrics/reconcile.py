"""From landing to rows, by dataset: every landed event is counted, a duplicate, left out, or waiting.

Counts only. Called by `careloop.metrics.aggregate`; the gate compares the two sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from careloop.curate import Counts, HistoryManifest
from careloop.metrics.admit import Admission
from careloop.metrics.engine import Engine
from careloop.metrics.events import SOURCES
from expectations.facts import Reconciled


@dataclass(frozen=True)
class Origin:
    """Which events a dataset is made of, which of them its rows count, and why the others are left out."""

    family: str
    sources: tuple[str, ...]
    counted: str
    otherwise: str


_CHECKINS = ("claimed", "sent", "avoided", "undelivered")


def _decided(members: str) -> str:
    return " union ".join(
        f"select uid from {name} where checkin in (select slot from {members})" for name in _CHECKINS
    )


_RESOLUTIONS = "select slot as uid from resolution"

ORIGINS: dict[str, Origin] = {
    "volumes": Origin(
        "volumes", ("resolved", "reopened"), "select slot as uid from volume_members", "not-counted"
    ),
    "effort": Origin("answers", ("answered",), "select uid from answer", "replaced-by-another-answer"),
    "response": Origin("asks", _CHECKINS, _decided("response_members"), "no-closed-cohort"),
    "asks": Origin("asks", _CHECKINS, _decided("ask_members"), "under-way"),
    "dignity": Origin("resolutions", ("resolved",), _RESOLUTIONS, "not-counted"),
    "moments": Origin("resolutions", ("resolved",), _RESOLUTIONS, "not-counted"),
    "prompts": Origin(
        "asks",
        ("sent",),
        "select uid from sent where checkin in (select m.slot from prompt_sent_members m "
        "join prompt_answer_members a on a.cell = m.cell)",
        "prompt-without-answers",
    ),
    "stories": Origin(
        "resolutions",
        ("resolved",),
        "select uid from resolved where story_id in (select story_id from stories)",
        "not-chosen",
    ),
    "triage": Origin("resolutions", ("resolved",), _RESOLUTIONS, "not-counted"),
}


def count(engine: Engine, dataset: str) -> set[str]:
    """The events that a dataset's rows count; asked while its family's tables are in the engine."""
    return set(
        engine.ask(f"select distinct uid from ({ORIGINS[dataset].counted}) c").column("uid").to_pylist()
    )


def reconciled(
    dataset: str,
    history: HistoryManifest,
    admission: Admission,
    counted: set[str],
    curated: Mapping[str, pa.Table],
) -> Reconciled:
    """One dataset's account."""
    origin = ORIGINS[dataset]
    by_event = [history.counts.get(SOURCES[name][0], Counts()) for name in origin.sources]
    uids = {uid for name in origin.sources for uid in curated[name].column("uid").to_pylist()}
    awaiting = (uids & admission.waiting) - counted
    rest = len(uids - counted - awaiting)
    return Reconciled(
        landed=sum(each.landed for each in by_event),
        duplicates=sum(each.duplicates for each in by_event),
        excluded={origin.otherwise: rest} if rest else {},
        awaiting=len(awaiting),
        counted=len(uids & counted),
    )
