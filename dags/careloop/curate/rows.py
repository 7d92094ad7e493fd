"""One landed event → one row of its history table. Pure: what a column is made of, `schemas.history` says.

Called by `careloop.curate.run`. Nothing that no column names is kept.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from careloop.curate.pseudonyms import Pseudonyms
from careloop.curate.redact import redact
from careloop.curate.words import read
from schemas.events import EventData, decode
from schemas.history import HistoryColumn, HistoryTable, Kind

Row = dict[str, Any]


def typed(
    table: HistoryTable, data: bytes, extensions: str, ids: Pseudonyms, envelope: Mapping[str, Any]
) -> Row:
    """The row of one event; ``envelope`` holds its identity and where it landed."""
    event = decode(table.type, data)
    locale = getattr(event, "locale", None) or _extension(extensions, "locale")
    locale = locale if isinstance(locale, str) else None
    row: Row = dict(envelope)
    for column in table.columns:
        row |= _cells(column, _field(event, column.field), locale, ids)
    return row


def _cells(column: HistoryColumn, value: Any, locale: str | None, ids: Pseudonyms) -> Row:
    match column.kind:
        case Kind.HASH:
            return {column.name: None if value is None else ids.of(column.name, value)}
        case Kind.WHEN:
            return {column.name: None if value is None else utc(value)}
        case Kind.COUNT:
            return {column.name: len(value or [])}
        case Kind.REDACTED:
            return {column.name: None if value is None else redact(value, locale)}
        case Kind.STORY | Kind.NOTE:
            return _words(column, value, locale)
        case _:
            return {column.name: value}


def _words(column: HistoryColumn, value: str | None, locale: str | None) -> Row:
    found = read(value, locale)
    row = {
        column.name: found.text if found else None,
        f"{column.name}_language": found.language if found else None,
        f"{column.name}_sentiment": found.sentiment if found else None,
    }
    if column.kind is Kind.NOTE:
        row[f"{column.name}_understood"] = found.understood if found else None
    return row


def _field(event: EventData, path: str) -> Any:
    value: Any = event
    for name in path.split("."):
        value = getattr(value, name)
    return None if value is UNSET else value


def _extension(extensions: str, name: str) -> str | None:
    if extensions in ("", "{}"):
        return None
    value = msgspec.json.decode(extensions, type=dict[str, Any]).get(name)
    return value if isinstance(value, str) else None


def utc(moment: datetime) -> datetime:
    """``moment`` in UTC; at the ends of the calendar, where that does not exist, the same wall time."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)
