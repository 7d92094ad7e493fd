"""The history tables: one per event type, column by column, with no personal field in any of them.

A column says which field of the event it is made from and how: ids become keyed hashes (``HASH``), free
text is redacted (``REDACTED``), words are redacted and scored (``NOTE``, ``STORY``). A field that no
column names, such as ``contact``, never reaches history. Read by curation (which fills the tables) and by
the aggregates (which read them).
"""

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from schemas import events
from schemas.events import EventData
from schemas.tables import UTC_MICROS


class Kind(Enum):
    """How a field becomes a column."""

    HASH = "keyed hash, 128 bit, hexadecimal"
    WHEN = "moment, in UTC"
    TEXT = "text as received: a name from a list, never free words"
    INT = "whole number"
    FLOAT = "number"
    BOOL = "yes or no"
    COUNT = "how many entries a list has"
    LIST = "texts as received"
    REDACTED = "text without addresses, numbers and links"
    STORY = "an agent's words, redacted, with their language and sentiment in columns of their own"
    NOTE = "a client's words, redacted, with language, sentiment and whether they felt understood"


_ARROW: dict[Kind, pa.DataType] = {
    Kind.HASH: pa.string(),
    Kind.WHEN: UTC_MICROS,
    Kind.TEXT: pa.string(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOL: pa.bool_(),
    Kind.COUNT: pa.int64(),
    Kind.LIST: pa.list_(pa.string()),
    Kind.REDACTED: pa.string(),
    Kind.STORY: pa.string(),
    Kind.NOTE: pa.string(),
}

READ_FROM_WORDS: dict[Kind, tuple[tuple[str, pa.DataType], ...]] = {
    Kind.STORY: (("language", pa.string()), ("sentiment", pa.float64())),
    Kind.NOTE: (("language", pa.string()), ("sentiment", pa.float64()), ("understood", pa.bool_())),
}
"""Beside each column of words: ISO 639-1 language, sentiment −1 to 1, whether a client says they felt
understood. Each is null where it could not be told, never a default."""

ENVELOPE: tuple[tuple[str, pa.DataType], ...] = (
    ("uid", pa.string()),
    ("source", pa.string()),
    ("ce_time", UTC_MICROS),
    ("topic", pa.string()),
    ("generation", pa.int64()),
    ("partition", pa.int64()),
    ("offset", pa.int64()),
    ("landed_at", UTC_MICROS),
    ("also_at", pa.list_(pa.string())),
)
"""In every table: the event's identity as a keyed hash of (source, id), and where it landed. ``also_at``
names the positions (topic/generation/partition:offset) of other copies that had landed by then."""


@dataclass(frozen=True)
class HistoryColumn:
    """One column made from a field; ``field`` may be dotted (``effort.raw``)."""

    name: str
    field: str
    kind: Kind


@dataclass(frozen=True)
class HistoryTable:
    """The history of one event type."""

    event: str
    type: str
    columns: tuple[HistoryColumn, ...]

    @property
    def arrow(self) -> pa.Schema:
        fields = [pa.field(name, kind, nullable=name == "also_at") for name, kind in ENVELOPE]
        for column in self.columns:
            fields.append(pa.field(column.name, _ARROW[column.kind]))
            fields += [
                pa.field(f"{column.name}_{name}", kind) for name, kind in READ_FROM_WORDS.get(column.kind, ())
            ]
        return pa.schema(fields)


_SHORT = {
    "client": ("client_id", Kind.HASH),
    "ticket": ("ticket_id", Kind.HASH),
    "organisation": ("organisation_id", Kind.HASH),
    "checkin": ("checkin_id", Kind.HASH),
    "pulse": ("pulse_id", Kind.HASH),
    "outage": ("outage_id", Kind.HASH),
    "followup": ("followup_id", Kind.HASH),
    "risk": ("risk_id", Kind.HASH),
    "effort_raw": ("effort.raw", Kind.INT),
    "effort_max": ("effort.scale_max", Kind.INT),
    "effort_direction": ("effort.direction", Kind.TEXT),
    "clients_affected": ("client_ids", Kind.COUNT),
    "products": ("products", Kind.LIST),
    "note": ("note", Kind.NOTE),
    "summary": ("summary", Kind.STORY),
    "stress_indicator": ("stress_indicator", Kind.FLOAT),
}
_INTS = {"resolution_seq", "replies", "handoffs", "repeated_explanations", "identity_checks"}
_BOOLS = {"escalated", "may_quote", "unsubscribed", "opted_out"}
_REDACTED = {"cause", "reason"}


def _column(name: str) -> HistoryColumn:
    if name in _SHORT:
        return HistoryColumn(name, *_SHORT[name])
    if name in _INTS:
        return HistoryColumn(name, name, Kind.INT)
    if name in _BOOLS:
        return HistoryColumn(name, name, Kind.BOOL)
    if name in _REDACTED:
        return HistoryColumn(name, name, Kind.REDACTED)
    return HistoryColumn(name, name, Kind.WHEN if name.endswith("_at") else Kind.TEXT)


def _table(kind: type[EventData], names: str) -> HistoryTable:
    return HistoryTable(event_name(kind.TYPE), kind.TYPE, tuple(_column(name) for name in names.split()))


def event_name(event_type: str) -> str:
    """``careloop.ticket.resolved.v1`` is kept under ``ticket-resolved``."""
    return "-".join(event_type.split(".")[1:-1])


_DECISION = "checkin client programme policy_version ticket resolution_seq outage"
_PULSE = "pulse client checkin ticket"

_TABLES = (
    _table(events.TicketOpened, "ticket client opened_at product team channel moment priority outage"),
    _table(
        events.TicketResolved,
        "ticket resolution_seq resolved_at resolved_by client opened_at locale country organisation product "
        "team channel moment priority impact outage stress_indicator replies handoffs repeated_explanations "
        "identity_checks escalated escalation_cause summary",
    ),
    _table(events.TicketReopened, "ticket resolution_seq client reopened_at"),
    _table(events.OutageStarted, "outage started_at products clients_affected"),
    _table(events.OutageEnded, "outage ended_at started_at products clients_affected"),
    _table(
        events.PulseAnswered,
        f"{_PULSE} answered_at effort_raw effort_max effort_direction may_quote prompt_id note",
    ),
    _table(events.PulseOpened, f"{_PULSE} opened_at"),
    _table(events.PulseDeclined, f"{_PULSE} declined_at unsubscribed"),
    _table(events.ClientPreferences, "client changed_at locale opted_out may_quote"),
    _table(events.CheckinClaimed, f"{_DECISION} claimed_at"),
    _table(
        events.CheckinSent,
        f"{_DECISION} sent_at locale template subject_variant prompt_id product channel",
    ),
    _table(events.CheckinAvoided, f"{_DECISION} avoided_at reason"),
    _table(events.CheckinUndelivered, f"{_DECISION} undelivered_at reason"),
    _table(events.FollowupRequested, "followup client requested_at ticket checkin reason"),
    _table(events.FollowupAnswered, "followup client answered_at"),
    _table(events.RiskFlagged, "risk client flagged_at cause ticket pulse"),
    _table(events.PromptRotated, "month prompt_id rotated_at catalogue_version"),
)

HISTORY: dict[str, HistoryTable] = {table.event: table for table in _TABLES}
BY_TYPE: dict[str, HistoryTable] = {table.type: table for table in _TABLES}

INDEX = pa.schema(
    [
        pa.field("uid", pa.string(), nullable=False),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("generation", pa.int64(), nullable=False),
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("event", pa.string(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
    ]
)
"""Which copy of an event won, and in which file its row is. Rebuildable from history."""
