"""``careloop import`` from the outside: what it sends, says and refuses."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra import broker
from infra.broker import Publisher
from infra.helpdesk import importing, mapping_file
from infra.helpdesk.mapping import OptedOut
from infra.settings import Settings
from schemas.cloudevents import from_kafka
from schemas.errors import InputError
from schemas.events import ClientPreferences
from schemas.topics import Topic

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 2, 1, tzinfo=UTC)


def _list(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "stop.csv"
    file.write_text(text)
    return file


def test_a_list_of_opted_out_clients_becomes_preferences(tmp_path: Path) -> None:
    file = _list(tmp_path, "client_id,opted_out_at\nc1,2025-12-24\nc2,2025-12-25T10:00:00+0100\nc3,?\n?,?\n")
    found = importing.read(file, mapping_file.load("opted-out"), NOW)
    wishes = [data for event in found.events if isinstance(data := event.decoded(), ClientPreferences)]
    assert [(wish.client_id, wish.opted_out, wish.changed_at.isoformat()) for wish in wishes] == [
        ("c1", True, "2025-12-24T00:00:00+00:00"),
        ("c2", True, "2025-12-25T09:00:00+00:00"),
        ("c3", True, NOW.isoformat()),
    ]
    assert "client id" in found.refused[0].reason


def test_the_same_list_again_is_the_same_events_and_a_new_list_is_not(tmp_path: Path) -> None:
    """Somebody who came back and is on a later list is taken off again."""
    rules = mapping_file.load("opted-out")
    first = importing.read(_list(tmp_path, "client_id,opted_out_at\nc1,?\n"), rules, NOW)
    again = importing.read(_list(tmp_path, "client_id,opted_out_at\nc1,?\n"), rules, LATER)
    longer = importing.read(_list(tmp_path, "client_id,opted_out_at\nc1,?\nc2,?\n"), rules, LATER)
    assert first.events[0].id == again.events[0].id != longer.events[0].id


def test_a_list_without_dates_needs_a_mapping_without_them(tmp_path: Path) -> None:
    file = _list(tmp_path, "client_id\nc1\n")
    with pytest.raises(InputError, match="opted_out_at"):
        importing.read(file, mapping_file.load("opted-out"), NOW)
    assert importing.read(file, OptedOut(source="list", client_id="client_id"), NOW).events


def test_delivered_events_are_in_kafka(kafka_settings: Settings, tmp_path: Path) -> None:
    found = importing.read(
        _list(tmp_path, "client_id,opted_out_at\nc1,?\n"), mapping_file.load("opted-out"), NOW
    )
    done: list[tuple[int, int]] = []
    with Publisher(kafka_settings) as publisher:
        importing.deliver(publisher, found.events, lambda one, of: done.append((one, of)))
    assert done == [(1, 1)]
    consumer = broker.consumer(kafka_settings, consumer_timeout_ms=5_000)
    consumer.subscribe([Topic.PREFERENCES])
    record = next(iter(consumer))
    consumer.close()
    assert from_kafka(record.topic, record.key, record.value, record.headers) == found.events[0]


def _careloop(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"CARELOOP_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
    command = [sys.executable, "-c", "from infra.cli.main import main; main()", "import", *arguments]
    return subprocess.run(command, env=env, text=True, capture_output=True, check=False)


def test_the_command_counts_without_sending_and_keeps_what_it_refused(tmp_path: Path) -> None:
    file = _list(tmp_path, "client_id,opted_out_at\nc1,?\nc2,soon\n")
    done = _careloop(tmp_path, str(file), "--mapping", "opted-out", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "rejected rows" in done.stdout
    kept = tmp_path / "home" / "rejected" / "stop.csv.rejected.csv"
    assert str(kept) in done.stderr
    assert "soon" in kept.read_text()


def test_a_file_of_nothing_but_refused_rows_is_an_error(tmp_path: Path) -> None:
    file = _list(tmp_path, "client_id,opted_out_at\nc2,soon\n")
    done = _careloop(tmp_path, str(file), "--mapping", "opted-out", "--dry-run")
    assert done.returncode == 2
    assert "every row was refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = _careloop(tmp_path, str(tmp_path / "none.csv"), "--mapping", "opted-out", "--dry-run")
    assert done.returncode == 2
    assert "No such file" in done.stderr
