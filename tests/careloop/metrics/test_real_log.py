"""A real helpdesk's audit log, counted twice: by the figures, and by twenty lines that know no careloop."""

import csv
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.careloop.told import at, reopened, resolved
from tests.landing_fixture import land

LOG = Path(__file__).parents[4] / "shared" / "data" / "helpdesk" / "incidents.csv"
SOURCE = "helpdesk.audit-log"
NOW = at(days=30)

pytestmark = pytest.mark.skipif(not LOG.exists(), reason="the log is not part of the project")


def history() -> list[tuple[str, str, str, datetime]]:
    """What happened: (what, ticket, client, when), by state changes in the order of the log's own clock."""
    rows = defaultdict(list)
    with LOG.open(newline="") as file:
        for row in csv.DictReader(file):
            when = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
            rows[row["number"]].append(
                (when, int(row["sys_mod_count"]), row["incident_state"], row["caller_id"])
            )
    found = []
    for ticket, changes in rows.items():
        done = False
        for when, _, state, caller in sorted(changes):
            now_done = state in ("Resolved", "Closed")
            if now_done != done:
                found.append(("resolved" if now_done else "reopened", ticket, caller, when))
            done = now_done
    return found


def told() -> list[Any]:
    seq: dict[str, int] = defaultdict(int)
    made = []
    for what, ticket, client, when in history():
        seq[ticket] += what == "resolved"
        make = resolved if what == "resolved" else reopened
        made.append(make(ticket, client, when, seq=seq[ticket], source=SOURCE))
    return made


def test_the_figures_of_a_real_log_are_the_counts_of_its_rows(publish: Any, row: Any, bucket: Any) -> None:
    ours = [resolved(f"a{n}", f"a{n}", at(), product="cards") for n in range(20)]
    first = publish(ours)
    second = publish(told(), before=(first, NOW))
    found = row(second, "volumes", source=SOURCE, period="total")
    counted = history()
    assert found["resolutions"] == sum(what == "resolved" for what, *_ in counted) == 608
    assert found["reopens"] == sum(what == "reopened" for what, *_ in counted) == 8
    assert found["tickets"] == len({ticket for _, ticket, *_ in counted}) == 600
    land(bucket, told())
    third = publish([], before=(second, NOW))
    assert third.tables == second.tables
    assert third.reconciled["volumes"].duplicates == 616
