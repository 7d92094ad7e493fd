"""What an event means for the ledger: from landing rows to table rows. Pure.

Events come late, twice and out of order, so no row depends on what was read before it; the planner
merges rows by event time, resolution and the rank of an outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import UNSET

from careloop.checkins.facts import usable_address
from schemas.events import (
    CheckinAvoided,
    CheckinBase,
    CheckinClaimed,
    CheckinSent,
    CheckinUndelivered,
    ClientPreferences,
    EventData,
    PulseDeclined,
    TicketReopened,
    TicketResolved,
    decode,
)
from schemas.topics import Topic

TOPICS = (Topic.CHECKINS, Topic.PREFERENCES, Topic.PULSE_RESPONSES, Topic.RESOLUTIONS)
"""the topics that asking depends on"""

WISHES = ("time_zone", "locale", "days", "pace", "quiet_hours", "programmes", "opted_out", "may_quote")

_MEANINGFUL = frozenset(
    kind.TYPE
    for kind in (
        TicketResolved, TicketReopened, ClientPreferences, PulseDeclined,
        CheckinClaimed, CheckinAvoided, CheckinSent, CheckinUndelivered,
    )
)  # fmt: skip

Row = dict[str, Any]


_MAX_SEQ = 2**31 - 1
_YEARS = range(1970, 2200)
"""beyond these a moment cannot be stored, moved to another zone and added to on every database"""


@dataclass
class Rows:
    """Rows for the ledger's tables, in landing order."""

    resolutions: list[Row] = field(default_factory=list)
    reopens: list[Row] = field(default_factory=list)
    wishes: list[Row] = field(default_factory=list)
    claimed: list[Row] = field(default_factory=list)
    avoided: list[Row] = field(default_factory=list)
    sent: list[Row] = field(default_factory=list)
    undelivered: list[Row] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    """ids of events with a moment or a number that no ledger can hold"""


def rows(table: pa.Table) -> Rows:
    """The rows of one landing range."""
    found = Rows()
    for event_id, data in _decoded(table):
        if not _is_storable(data):
            found.unusable.append(event_id)
            continue
        match data:
            case TicketResolved():
                found.resolutions.append(_resolution(data))
            case TicketReopened():
                found.reopens.append(_reopen(data))
            case ClientPreferences():
                found.wishes += _wishes(data)
            case PulseDeclined() if data.unsubscribed:
                found.wishes.append(_wish(data.client_id, "opted_out", True, data.declined_at))
            case CheckinClaimed():
                found.claimed.append(_ask(data, "claimed", None, claimed_at=data.claimed_at))
            case CheckinAvoided():
                found.avoided.append(_ask(data, "avoided", data.avoided_at, reason=data.reason))
            case CheckinSent():
                found.sent.append(_ask(data, "sent", data.sent_at, prompt_id=data.prompt_id))
            case CheckinUndelivered():
                found.undelivered.append(_ask(data, "undelivered", data.undelivered_at, reason=data.reason))
    return found


def _decoded(table: pa.Table) -> Iterator[tuple[str, EventData]]:
    columns = (table.column(name).to_pylist() for name in ("ce_id", "ce_type", "data"))
    for event_id, kind, raw in zip(*columns, strict=True):
        if kind in _MEANINGFUL:
            yield event_id, decode(kind, raw)


def _is_storable(data: EventData) -> bool:
    """One event that a database refuses must not stop all that come behind it."""
    if isinstance(data, ClientPreferences | PulseDeclined):
        return True  # its moment is bounded instead: a wish not to be asked is never dropped
    values = [getattr(data, name) for name in data.__struct_fields__]
    moments = all(value.year in _YEARS for value in values if isinstance(value, datetime))
    seq = getattr(data, "resolution_seq", None)
    return moments and (seq is None or seq <= _MAX_SEQ)


def _storable(row: Row) -> Row:
    """PostgreSQL's text cannot hold NUL."""
    return {
        name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in row.items()
    }


def _bounded(moment: datetime) -> datetime:
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (_YEARS.start, _YEARS.stop))
    return min(max(moment, first), last)


def _resolution(data: TicketResolved) -> Row:
    row = {
        "ticket_id": data.ticket_id,
        "seq": data.resolution_seq,
        "client_id": data.client_id,
        "resolved_at": data.resolved_at,
        "resolved_by": data.resolved_by,
        "email": usable_address(data.contact.email) if data.contact else None,
        "locale": data.locale,
        "time_zone": data.time_zone,
        "product": data.product,
        "outage_id": data.outage_id,
        "title": data.title,
        "what_happened": data.what_happened,
        "effect": data.effect,
        "remedy": data.remedy,
        "remedy_due_at": data.remedy_due_at,
        "agent_name": data.agent_name,
        "reply_to": usable_address(data.reply_to),
    }
    return _storable(row)


def _reopen(data: TicketReopened) -> Row:
    row = {"ticket_id": data.ticket_id, "seq": data.resolution_seq, "reopened_at": data.reopened_at}
    return _storable(row)


def _wishes(data: ClientPreferences) -> Iterator[Row]:
    for name in WISHES:
        value = getattr(data, name)
        if value is not UNSET:
            yield _wish(data.client_id, name, value, data.changed_at)


def _wish(client_id: str, name: str, value: object, changed_at: datetime) -> Row:
    text = msgspec.json.encode(value, order="sorted").decode()
    return _storable(
        {"client_id": client_id, "field": name, "value": text, "changed_at": _bounded(changed_at)}
    )


def _ask(data: CheckinBase, state: str, decided_at: datetime | None, **more: Any) -> Row:
    row = {
        "checkin_id": data.checkin_id,
        "programme": data.programme,
        "ticket_id": data.ticket_id,
        "seq": data.resolution_seq,
        "client_id": data.client_id,
        "state": state,
        "policy_version": data.policy_version,
        "decided_at": decided_at,
        **more,
    }
    return _storable(row)
