"""The language of mapping files: which column, format, zone and state of an export means what.

Another helpdesk needs a new YAML file and no code. The types below are the schema (docs/mapping.md
explains each field); unknown fields are refused, because a typing mistake would otherwise be silence.
Types only: `mapping_file` reads and checks them.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Column = Annotated[str, Meta(min_length=1, description="a column's header, or a dotted path in JSON")]


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the file is written."""

    format: Literal["csv", "jsonl"] = "csv"
    encoding: str = "utf-8"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","


class Times(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How times are written. Formats are those of Python's ``strptime``; the first that fits is taken."""

    formats: Annotated[list[str], Meta(min_length=1)]
    zone: Annotated[str, Meta(description="IANA zone of times that carry no offset")] = "UTC"


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one fact comes from, when a bare column name does not say enough."""

    column: Column | None = None
    values: Annotated[dict[str, str], Meta(description="what a value as written means")] = {}
    default: Annotated[str | None, Meta(description="the fact where the column is absent or unknown")] = None
    cumulative: Annotated[bool, Meta(description="the column counts since the ticket was opened")] = False


Source = Column | Field

COUNTERS = {"replies", "handoffs", "repeated_explanations", "identity_checks"}


class Fields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of `careloop.ticket.resolved.v1` that the export can tell. The rest stays unknown."""

    ticket_id: Source
    client_id: Source
    opened_at: Source | None = None
    resolved_by: Source = Field(default="human")
    email: Source | None = None
    locale: Source | None = None
    time_zone: Source | None = None
    country: Source | None = None
    organisation_id: Source | None = None
    product: Source | None = None
    team: Source | None = None
    channel: Source | None = None
    moment: Source | None = None
    priority: Source | None = None
    impact: Source | None = None
    outage_id: Source | None = None
    summary: Source | None = None
    title: Source | None = None
    agent_name: Source | None = None
    reply_to: Source | None = None
    stress_indicator: Source | None = None
    replies: Source | None = None
    handoffs: Source | None = None
    repeated_explanations: Source | None = None
    identity_checks: Source | None = None
    escalated: Source | None = None
    escalation_cause: Source | None = None

    def known(self) -> dict[str, Field]:
        """The fields that the mapping names; a bare column name is a `Field` with nothing but a column."""
        found = {field.name: getattr(self, field.name) for field in msgspec.structs.fields(self)}
        return {
            name: Field(column=source) if isinstance(source, str) else source
            for name, source in found.items()
            if source is not None
        }


class States(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The column that holds a ticket's state, and the states in which it is resolved."""

    column: Column
    resolved: Annotated[list[str], Meta(min_length=1)]


class OrderBy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column that a ticket's rows are put in order by, and how it compares."""

    column: Column
    compare: Literal["time", "number", "text"] = "text"


class _Kind(Struct, frozen=True, tag_field="kind"):
    """Base of the two kinds of mapping."""


class AuditLog(_Kind, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="audit-log"):
    """A log with one row per change of a ticket."""

    source: Annotated[str, Meta(min_length=1, max_length=200, description="CloudEvents source of the events")]
    times: Times
    event_time: Annotated[Column, Meta(description="when the row's change happened")]
    order: Annotated[list[OrderBy], Meta(min_length=1)]
    states: States
    fields: Fields
    file: File = File()
    unknown: Annotated[list[str], Meta(description="values that mean not known; blank always does")] = []


class OptedOut(_Kind, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="opted-out"):
    """A list of clients who do not want to be asked."""

    source: Annotated[str, Meta(min_length=1, max_length=200)]
    client_id: Column
    changed_at: Column | None = None
    """when they said so; without it, the time of the import"""
    times: Times | None = None
    file: File = File()
    unknown: list[str] = []


Mapping = AuditLog | OptedOut
