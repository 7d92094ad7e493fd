"""Families: the datasets that count the same facts, and so admit and hide them together.

A *slot* is the thing counted (a resolution, a pulse, a check-in); its *parts* are the events it is made
of; its *members* say which cells it is counted in. The SQL files of the same name make them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One kind of slot."""

    name: str
    views: tuple[str, ...]
    """made first, in this order"""
    members: tuple[str, ...]
    parts: str
    sources: tuple[str, ...]
    """the tables of events that its parts come from"""
    root: str | None = None
    """a column that splits the family into parts with no cell in common; a new one was never published"""

    @property
    def tables(self) -> tuple[str, ...]:
        return (*self.views, *self.members)


FAMILIES = (
    Family("volumes", (), ("volume_members",), "volume_parts", ("resolved", "reopened"), root="source"),
    Family(
        "resolutions", ("resolution",), ("dignity_members", "triage_members"), "resolution_parts",
        ("resolved", "reopened"),
    ),
    Family(
        "answers", ("answer",),
        ("effort_members", "note_members", "understood_members", "prompt_answer_members"),
        "answer_parts", ("answered", "sent", "resolved"),
    ),
    Family(
        "asks", ("checkin",), ("ask_members", "response_members", "prompt_sent_members"), "checkin_parts",
        ("claimed", "sent", "avoided", "undelivered", "answered", "opened", "declined"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A figure that is shown or hidden by cell: a dataset's rows, or a group of figures within them."""

    name: str
    members: str
    where: str
    system: str
    """an SQL expression: cells of one system count the same facts"""
    counts_clients: bool = True
    """whether these members are the row's clients, or only counted beside them"""


SHOWN = (
    Shown("volumes", "volume_members", "resolution = 1", "'resolutions'"),
    Shown("volumes", "volume_members", "reopen = 1", "'reopens'"),
    Shown(
        "dignity", "dignity_members", "dimension <> 'moment'",
        "case when counter = 'reopens' then 'resolutions' else counter end",
    ),
    Shown("dignity", "understood_members", "1 = 1", "'notes'"),
    Shown("moments", "dignity_members", "dimension = 'moment' and counter = 'reopens'", "'resolutions'"),
    Shown("moment_counters", "dignity_members", "dimension = 'moment' and counter <> 'reopens'", "counter"),
    Shown("triage", "triage_members", "1 = 1", "'resolutions'"),
    Shown("triage_stress", "triage_members", "stress_indicator is not null", "'stress'"),
    Shown("triage_notes", "note_members", "1 = 1", "'notes'"),
    Shown("triage_scored", "note_members", "sentiment is not null", "'scored'"),
    Shown("effort", "effort_members", "1 = 1", "'answers'"),
    Shown("prompts", "prompt_answer_members", "1 = 1", "'answers'"),
    Shown("prompts", "prompt_sent_members", "1 = 1", "'asks'", counts_clients=False),
    Shown("asks", "ask_members", "1 = 1", "'asks'"),
    Shown("response", "response_members", "1 = 1", "'asks'"),
)  # fmt: skip
