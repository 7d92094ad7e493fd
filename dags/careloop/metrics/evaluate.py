"""Makes a family's member tables from a given set of events, at a given time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pa_csv

from careloop.metrics.calendar import local_day, micros, week_of
from careloop.metrics.engine import Engine
from careloop.metrics.events import Events
from careloop.metrics.families import Family
from schemas.policy import Policy

IN_DOUBT_AFTER = timedelta(hours=1)
"""a claim without an outcome is in doubt after this; a younger one is under way"""
_QUANTILES = Path(__file__).with_name("t_975.csv")
_GROUPS = {
    "periods": ("period", ["week", "total"]),
    "dimensions": ("dimension", ["all", "product", "moment"]),
    "response_dimensions": ("dimension", ["all", "programme", "product"]),
    "counters": (
        "counter",
        [
            "repeated_explanations",
            "identity_checks_beyond_first",
            "escalations_by_confusion",
            "handoffs",
            "reopens",
        ],
    ),
}


@dataclass(frozen=True)
class Moment:
    """The present of one evaluation, and the policy it is made under."""

    now: datetime
    policy: Policy

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.policy.organisation.time_zone)

    @property
    def last_closed_week(self) -> date:
        return week_of(local_day(self.now, self.zone)) - timedelta(days=7)

    def parameters(self) -> pa.Table:
        """One row; what the statements need to know beside the events."""
        return pa.table(
            {
                "now_us": pa.array([micros(self.now)], pa.int64()),
                "window_us": pa.array([self.policy.response_window // timedelta(microseconds=1)], pa.int64()),
                "in_doubt_before_us": pa.array([micros(self.now - IN_DOUBT_AFTER)], pa.int64()),
                "last_closed_week": pa.array([self.last_closed_week], pa.date32()),
                "min_clients_for_stories": pa.array(
                    [self.policy.privacy.min_clients_for_stories], pa.int64()
                ),
            }
        )


def prepare(engine: Engine) -> None:
    """The tables that never change: groups and quantiles."""
    for name, (column, values) in _GROUPS.items():
        engine.put(name, pa.table({column: pa.array(values, pa.string())}))
    engine.put("t_quantiles", pa_csv.read_csv(_QUANTILES))


def evaluate(engine: Engine, family: Family, events: Events, uids: pa.Array, moment: Moment) -> None:
    """Make ``family``'s views, members and parts from the events of ``uids``."""
    engine.put("parameters", moment.parameters())
    for name, table in events.only(uids, family.sources).items():
        engine.put(name, table)
    for name in (*family.views, *family.members, family.parts):
        engine.make(name)
