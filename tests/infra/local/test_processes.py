"""A supervisor leaves nothing behind: not at its end, not when a child is stubborn, not after ``kill -9``."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.local import leftovers
from infra.local.leftovers import Recorded
from infra.local.processes import Part, Supervisor
from schemas.errors import StackError

_FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
time.sleep(300)
"""
_STUBBORN = "import signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _FAMILY
_ORPHAN = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {child.pid}")
"""
_POLITE = """
import signal, sys, time
def asked(*_):
    open(sys.argv[1], "w").write("asked")
    sys.exit(0)
signal.signal(signal.SIGTERM, asked)
print("up", flush=True)
time.sleep(300)
"""
_SUPERVISE = """
import sys, time
from pathlib import Path
from infra.local.processes import Part, Supervisor
home, code = Path(sys.argv[1]), sys.argv[2]
with Supervisor(home) as supervisor:
    supervisor.start(Part("family", (sys.executable, "-c", code, str(home / "pids"))))
    time.sleep(300)
"""


def _part(code: str, home: Path, patience: float = 5) -> Part:
    return Part("family", (sys.executable, "-c", code, str(home / "pids")), patience=patience)


def _until(done: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def _pids(home: Path) -> list[int]:
    file = home / "pids"
    _until(lambda: file.exists() and len(file.read_text().split()) == 2)
    return [int(text) for text in file.read_text().split()]


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]


@pytest.mark.parametrize(("code", "patience"), [(_FAMILY, 5), (_STUBBORN, 0.2)])
def test_leaving_stops_children_and_grandchildren(tmp_path: Path, code: str, patience: float) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(_part(code, tmp_path, patience))
        pids = _pids(tmp_path)
        assert _alive(pids) == pids
    assert _alive(pids) == []


def test_the_grandchildren_of_a_child_that_ended_are_stopped_too(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(_part(_ORPHAN, tmp_path))
        parent, orphan = _pids(tmp_path)
        _until(lambda: not supervisor.is_running("family"))
        assert _alive([orphan]) == [orphan]
    assert _alive([parent, orphan]) == []


@pytest.mark.parametrize("code", [_FAMILY, _STUBBORN])
def test_a_supervisor_killed_with_kill_9_leaves_nothing(tmp_path: Path, code: str) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", _SUPERVISE, str(tmp_path), code])
    pids = _pids(tmp_path)
    guards = [child.pid for child in psutil.Process(supervisor.pid).children() if child.pid not in pids]
    supervisor.kill()
    supervisor.wait()
    _until(lambda: not _alive(pids), 20)
    _until(lambda: not _alive(guards), 20)
    assert guards


def test_leftovers_of_a_stack_whose_guard_was_killed_too_are_reaped_at_the_next_start(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", _SUPERVISE, str(tmp_path), _STUBBORN])
    pids = _pids(tmp_path)
    family = psutil.Process(supervisor.pid).children()
    for guard in [child for child in family if child.pid not in pids]:
        guard.kill()
    supervisor.kill()
    supervisor.wait()
    assert _alive(pids) == pids
    with Supervisor(tmp_path):
        assert _alive(pids) == []


def test_a_pid_that_now_belongs_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True
    )
    try:
        created = psutil.Process(stranger.pid).create_time()
        leftovers.write(tmp_path, [Recorded("broker", stranger.pid, created - 3600)])
        leftovers.reap(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_child_that_dies_is_named_with_its_reason_its_log_and_its_last_words(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(Part("broker", (sys.executable, "-c", "raise SystemExit('no room left')")))
        _until(lambda: not supervisor.is_running("broker"))
        with pytest.raises(StackError, match=r"broker ended by itself \(exit code 1\).*log.*no room left"):
            supervisor.check()


def test_waiting_ends_at_once_when_the_child_dies(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(Part("s3", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")))
        with pytest.raises(StackError, match=r"s3 ended by itself \(signal SIGKILL"):
            supervisor.wait_for("s3", lambda: False, 30)


def test_a_child_that_is_never_ready_is_named(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(Part("s3", (sys.executable, "-c", "import time; time.sleep(300)")))
        with pytest.raises(StackError, match="s3 was not ready within 0 s; see "):
            supervisor.wait_for("s3", lambda: False, 0)


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with (
        Supervisor(tmp_path) as supervisor,
        pytest.raises(StackError, match="broker cannot start: /not/there"),
    ):
        supervisor.start(Part("broker", ("/not/there",)))


def test_ctrl_c_in_the_terminal_reaches_the_supervisor_alone(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(_part(_FAMILY, tmp_path))
        child, _ = _pids(tmp_path)
        assert os.getsid(child) == child != os.getsid(0)


def test_a_job_may_end_by_itself(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(Part("migrate", (sys.executable, "-c", ""), is_job=True))
        _until(lambda: supervisor.finished("migrate") == 0)
        supervisor.check()


def test_nothing_is_started_once_stopping_began(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pass
    with pytest.raises((StackError, RuntimeError)):
        supervisor.start(_part(_FAMILY, tmp_path))
    assert not (tmp_path / "pids").exists()


def test_the_record_is_gone_after_a_clean_end(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(_part(_FAMILY, tmp_path))
        assert [entry.name for entry in leftovers.read(tmp_path)] == ["family"]
    assert leftovers.read(tmp_path) == []


def test_sigterm_to_the_supervised_comes_before_the_kill(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(Part("broker", (sys.executable, "-c", _POLITE, str(tmp_path / "said"))))
        _until(lambda: "up" in supervisor.log("broker").read_text())
    assert (tmp_path / "said").read_text() == "asked"
