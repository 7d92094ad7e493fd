"""History as the SQL files see it: one table per event type, with the organisation's calendar added.

Reads only the files that the manifest names. Called by `careloop.metrics.aggregate`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from careloop.curate import HistoryManifest
from careloop.curate.files import read_many
from careloop.metrics.calendar import place
from infra.objects import Bucket
from schemas.history import HISTORY

SOURCES: dict[str, tuple[str, str]] = {
    "resolved": ("ticket-resolved", "resolved_at"),
    "reopened": ("ticket-reopened", "reopened_at"),
    "answered": ("pulse-answered", "answered_at"),
    "opened": ("pulse-opened", "opened_at"),
    "declined": ("pulse-declined", "declined_at"),
    "claimed": ("checkin-claimed", "claimed_at"),
    "sent": ("checkin-sent", "sent_at"),
    "avoided": ("checkin-avoided", "avoided_at"),
    "undelivered": ("checkin-undelivered", "undelivered_at"),
}
"""SQL name → the history table, and the moment that places its events in the calendar"""

_CODE = re.compile(r"^[a-z][a-z0-9-]{0,60}$")
_STORY_SEED = "careloop-stories"


@dataclass(frozen=True)
class Events:
    """All events that the aggregates look at."""

    tables: Mapping[str, pa.Table]

    def only(self, uids: pa.Array, names: Iterable[str]) -> dict[str, pa.Table]:
        """The tables ``names`` with the events of ``uids`` alone."""
        return {
            name: self.tables[name].filter(pc.is_in(self.tables[name].column("uid"), value_set=uids))
            for name in names
        }

    def envelope(self) -> pa.Table:
        """Identity and place of every event."""
        names = ["uid", "topic", "generation", "partition", "offset", "also_at"]
        return pa.concat_tables([table.select(names) for table in self.tables.values()])


def load(bucket: Bucket, history: HistoryManifest, zone: ZoneInfo) -> Events:
    """Every event type's table."""
    keys: dict[str, list[str]] = {}
    for file in history.files:
        keys.setdefault(file.event, []).append(file.key)
    return Events(
        {
            name: _prepared(name, read_many(bucket, keys.get(event, []), HISTORY[event].arrow), at, zone)
            for name, (event, at) in SOURCES.items()
        }
    )


def _prepared(name: str, table: pa.Table, at: str, zone: ZoneInfo) -> pa.Table:
    placed = [place(moment, zone) for moment in table.column(at).to_pylist()]
    added: dict[str, pa.Array] = {
        "at_us": pa.array([each.at_us for each in placed], pa.int64()),
        "day": pa.array([each.day for each in placed], pa.date32()),
        "week": pa.array([each.week for each in placed], pa.date32()),
        "month": pa.array([each.month for each in placed], pa.string()),
        "day_end_us": pa.array([each.day_end_us for each in placed], pa.int64()),
        "week_end_us": pa.array([each.week_end_us for each in placed], pa.int64()),
    }
    if name in ("avoided", "undelivered"):
        added["reason_code"] = pa.array(
            [_code(each) for each in table.column("reason").to_pylist()], pa.string()
        )
    if name == "resolved":
        added["story_id"] = pa.array(
            [_story_id(each) for each in table.column("uid").to_pylist()], pa.string()
        )
    for column, values in added.items():
        table = table.append_column(column, values)
    return table


def _code(reason: str | None) -> str:
    """A reason is published only where it is a name: a mail server's own words may hold an address."""
    return reason if reason and _CODE.match(reason) else "other"


def _story_id(uid: str) -> str:
    return hashlib.sha256(f"{_STORY_SEED}:{uid}".encode()).hexdigest()[:16]
