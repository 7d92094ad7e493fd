"""An export becomes the events that it tells of: no more, no less, and the same ones again."""

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.helpdesk import importing, mapping, mapping_file
from infra.helpdesk.audit_log import UNKNOWN_CLIENT, Tickets
from infra.helpdesk.importing import Import
from infra.helpdesk.rows import Row
from schemas.cloudevents import Event, from_kafka, to_kafka
from schemas.errors import InputError
from schemas.events import TicketOpened, TicketReopened, TicketResolved

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "helpdesk" / "incidents.csv"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

RULES = """
kind: audit-log
source: desk
unknown: ["?"]
times: {formats: ["%d-%m-%Y %H:%M"], zone: Europe/Berlin}
event_time: at
order: [{column: at, compare: time}, {column: n, compare: number}]
states: {column: state, resolved: [Resolved, Closed]}
fields:
  ticket_id: id
  client_id: who
  opened_at: opened
  impact: {column: impact, values: {1 - High: high}}
  handoffs: {column: moves, cumulative: true}
"""
HEADER = "id,state,at,n,who,opened,impact,moves"


def _import(tmp_path: Path, *lines: str, header: str = HEADER, rules: str = RULES) -> Import:
    file = tmp_path / "log.csv"
    file.write_text("\n".join([header, *lines]) + "\n")
    return importing.read(file, mapping_file.parse(rules.encode(), where="map.yaml"), NOW)


def _kinds(found: Import) -> list[str]:
    return [f"{event.type.split('.')[2]} {event.id}" for event in found.events]


def _resolved(found: Import) -> list[TicketResolved]:
    return [data for event in found.events if isinstance(data := event.decoded(), TicketResolved)]


def test_resolved_then_closed_is_one_resolution(tmp_path: Path) -> None:
    found = _import(
        tmp_path,
        "A,New,01-03-2016 09:00,0,c1,01-03-2016 08:55,1 - High,0",
        "A,Resolved,01-03-2016 10:00,1,c1,01-03-2016 08:55,1 - High,1",
        "A,Closed,05-03-2016 10:00,2,c1,01-03-2016 08:55,1 - High,1",
    )
    assert _kinds(found) == ["opened A/opened", "resolved A/1/resolved"]
    (data,) = _resolved(found)
    assert (data.impact, data.handoffs, data.resolved_by) == ("high", 1, "human")
    assert data.resolved_at == datetime(2016, 3, 1, 9, 0, tzinfo=UTC)


def test_a_reopened_ticket_is_resolved_a_second_time_and_counts_anew(tmp_path: Path) -> None:
    found = _import(
        tmp_path,
        "A,Closed,03-03-2016 10:00,3,c1,?,?,5",
        "A,Active,02-03-2016 10:00,2,c1,?,?,4",
        "A,Resolved,01-03-2016 10:00,1,c1,?,?,2",
    )
    assert _kinds(found) == ["resolved A/1/resolved", "reopened A/1/reopened", "resolved A/2/resolved"]
    assert [(one.resolution_seq, one.handoffs) for one in _resolved(found)] == [(1, 2), (2, 3)]


def test_rows_of_one_minute_are_ordered_by_their_number_not_their_place_or_its_text(tmp_path: Path) -> None:
    found = _import(
        tmp_path,
        "A,Active,01-03-2016 10:00,10,c1,?,?,0",
        "A,Resolved,01-03-2016 10:00,9,c1,?,?,0",
    )
    assert _kinds(found) == ["resolved A/1/resolved", "reopened A/1/reopened"]


def test_an_unknown_state_is_not_a_reopen(tmp_path: Path) -> None:
    found = _import(
        tmp_path,
        "A,Resolved,01-03-2016 10:00,1,c1,?,?,0",
        "A,?,01-03-2016 11:00,2,c1,?,?,0",
        "A,Closed,01-03-2016 12:00,3,c1,?,?,0",
    )
    assert _kinds(found) == ["resolved A/1/resolved"]


def test_what_a_row_does_not_say_is_unknown_and_never_a_question_mark_or_zero(tmp_path: Path) -> None:
    found = _import(tmp_path, "A,Resolved,01-03-2016 10:00,1,?,?,?,?")
    (data,) = _resolved(found)
    assert data.client_id == UNKNOWN_CLIENT
    assert {data.impact, data.handoffs, data.opened_at, data.product} == {None}
    assert b"?" not in found.events[0].data


def test_a_fact_that_a_later_row_leaves_out_stands(tmp_path: Path) -> None:
    found = _import(
        tmp_path, "A,New,01-03-2016 10:00,1,c1,?,1 - High,?", "A,Resolved,01-03-2016 11:00,2,?,?,?,?"
    )
    (data,) = _resolved(found)
    assert (data.client_id, data.impact) == ("c1", "high")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("?,Resolved,01-03-2016 10:00,1,c,?,?,0", "ticket id"),
        ("A,Resolved,?,1,c,?,?,0", "time of the change"),
        ("A,Resolved,2016-03-01,1,c,?,?,0", "not written as"),
        ("A,Resolved,30-02-2016 10:00,1,c,?,?,0", "not written as"),
        ("A,Resolved,01-03-2016 10:00,many,c,?,?,0", "no number"),
        ("A,Resolved,01-03-2016 10:00,1,c,?,?,-3", "handoffs"),
        ("A,Resolved,01-03-2016", "3 cells where the header has 8"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line_and_reason(
    tmp_path: Path, row: str, why: str
) -> None:
    found = _import(tmp_path, "B,Resolved,01-03-2016 10:00,1,c,?,?,0", row)
    assert [event.id for event in found.events] == ["B/1/resolved"]
    (refused,) = found.refused
    assert refused.line == 3
    assert why in refused.reason
    path = importing.write_refused(tmp_path / "home", "log.csv", found.refused)
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(csv.reader(path.open()))[1][:2] == ["3", refused.reason]


def test_importing_again_makes_the_same_events(tmp_path: Path) -> None:
    lines = ["A,Resolved,01-03-2016 10:00,1,c1,?,?,0", "A,New,02-03-2016 10:00,2,c1,?,?,0"]
    assert _import(tmp_path, *lines).events == _import(tmp_path, *lines).events


def test_a_longer_log_of_the_same_ticket_repeats_its_events_and_adds_to_them(tmp_path: Path) -> None:
    lines = ["A,Resolved,01-03-2016 10:00,1,c1,?,?,0", "A,New,02-03-2016 10:00,2,c1,?,?,0"]
    assert _kinds(_import(tmp_path, *lines))[:1] == _kinds(_import(tmp_path, lines[0]))


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("27-03-2016 02:30", datetime(2016, 3, 27, 1, 30, tzinfo=UTC)),  # never on the wall
        ("30-10-2016 02:30", datetime(2016, 10, 30, 0, 30, tzinfo=UTC)),  # twice on the wall: the first
    ],
)
def test_local_times_at_a_change_of_the_clocks_have_one_meaning(
    tmp_path: Path, local: str, moment: datetime
) -> None:
    (data,) = _resolved(_import(tmp_path, f"A,Resolved,{local},1,c1,?,?,0"))
    assert data.resolved_at == moment


STATES = st.sampled_from(["New", "Active", "Resolved", "Closed", "?"])


@given(st.lists(st.tuples(STATES, st.integers(0, 20)), max_size=12))
def test_resolutions_and_reopens_alternate_whatever_the_order_of_the_rows(
    rows: list[tuple[str, int]],
) -> None:
    rules = mapping_file.parse(RULES.encode(), where="map.yaml")
    assert isinstance(rules, mapping.AuditLog)
    tickets = Tickets(rules)
    for line, (state, minute) in enumerate(rows):
        values = {"id": "A", "state": state, "at": f"01-03-2016 10:{minute:02d}", "n": str(line), "who": "c"}
        tickets.add(Row(line, values))
    told = [event.decoded() for event in tickets.events()]
    kinds = [type(data) for data in told if not isinstance(data, TicketOpened)]
    assert kinds == ([TicketResolved, TicketReopened] * len(kinds))[: len(kinds)]
    seen = [state for state, _ in sorted(rows, key=lambda row: row[1]) if state != "?"]
    flags = [state in {"Resolved", "Closed"} for state in seen]
    rises = sum(now and not before for before, now in zip([False, *flags], flags, strict=False))
    assert kinds.count(TicketResolved) == rises


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (HEADER.encode() + b"\n", "no rows"),
        (b"id,state\nA,Resolved\n", "names the column 'at'"),
        (HEADER.encode() + b",id\nA,B,C,D,E,F,G,H,I\n", "'id' appears 2 times"),
        (
            HEADER.encode() + b"\nA,Resolved,01-03-2016 10:00,1,M\xfcller,?,?,0\n",
            "line 2: not written in utf-8",
        ),
        (HEADER.encode() + b'\n"A,Resolved,01-03-2016 10:00,1,c,?,?,0\n', "line 2: not CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        importing.read(file, mapping_file.parse(RULES.encode(), where="map.yaml"), NOW)


def test_excel_s_byte_order_mark_hides_no_column(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\nA,Resolved,01-03-2016 10:00,1,c,?,?,0\n".encode())
    found = importing.read(file, mapping_file.parse(RULES.encode(), where="map.yaml"), NOW)
    assert found.resolutions == 1


def test_a_webhook_log_is_read_line_by_line_with_nested_fields(tmp_path: Path) -> None:
    rules = RULES.replace("source: desk", "source: desk\nfile: {format: jsonl}").replace("who", "user.id")
    file = tmp_path / "log.jsonl"
    file.write_text(
        '{"id": "A", "state": "Resolved", "at": "01-03-2016 10:00", "n": 1, '
        '"user": {"id": "c9"}, "moves": 2}\n'
        '{"id": "A", "state": \n'
        "\n"
    )
    found = importing.read(file, mapping_file.parse(rules.encode(), where="map.yaml"), NOW)
    (data,) = _resolved(found)
    assert (data.client_id, data.handoffs) == ("c9", 2)
    assert "not JSON" in found.refused[0].reason


def _counted_apart(path: Path) -> tuple[int, int, int]:
    """Tickets, resolutions and reopens, counted without anything of careloop."""
    histories: dict[str, list[tuple[datetime, int, str]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M")  # noqa: DTZ007
            entry = (at, int(row["sys_mod_count"]), row["incident_state"])
            histories.setdefault(row["number"], []).append(entry)
    resolutions = reopens = 0
    for history in histories.values():
        resolved = False
        for _, _, state in sorted(history, key=lambda entry: entry[:2]):
            now = state in ("Resolved", "Closed")
            resolutions += now and not resolved
            reopens += resolved and not now
            resolved = now
    return len(histories), resolutions, reopens


@pytest.mark.skipif(not REAL.exists(), reason="the real log is not on this machine")
def test_the_real_log_counts_as_a_separate_script_counts_it() -> None:
    found = importing.read(REAL, mapping_file.load("servicenow-audit"), NOW)
    assert (found.tickets, found.resolutions, found.reopens) == _counted_apart(REAL) == (600, 608, 8)
    assert not found.refused
    tickets = {data.ticket_id for data in _resolved(found)}
    assert len(tickets) == 600


@pytest.mark.skipif(not REAL.exists(), reason="the real log is not on this machine")
def test_every_event_of_the_real_log_is_valid_and_has_an_id_of_its_own() -> None:
    found = importing.read(REAL, mapping_file.load("servicenow-audit"), NOW)
    assert all(_read_back(event) == event for event in found.events)
    assert max(Counter(event.id for event in found.events).values()) == 1


def _read_back(event: Event) -> Event:
    key, value, headers = to_kafka(event)
    return from_kafka(event.topic, key, value, headers)
