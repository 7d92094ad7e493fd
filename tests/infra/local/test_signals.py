"""The first signal unwinds everything in order; those after it interrupt nothing."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local import signals
from infra.local.signals import Stopped

_IMPATIENT = """
import os, signal
from infra.local import signals
try:
    with signals.interrupting():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            print("cleaned up")
except signals.Stopped as stopped:
    os.kill(os.getpid(), signal.SIGINT)
    raise SystemExit(stopped.exit_code)
"""

_UNDER_MAKE = """
import sys, time
from infra.local import signals
try:
    with signals.interrupting():
        print("up", file=open(sys.argv[1], "w"), flush=True)
        time.sleep(60)
except signals.Stopped as stopped:
    print(stopped, file=open(sys.argv[1], "a"))
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_each_signal_has_the_exit_code_that_a_shell_expects(number: signal.Signals, code: int) -> None:
    # Also where the tests themselves run under nohup.
    started = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, signal.SIG_DFL) for each in started}
    try:
        with pytest.raises(Stopped) as stopped, signals.interrupting():
            os.kill(os.getpid(), number)
        assert stopped.value.exit_code == code
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_cleaning_up_is_not_interrupted_by_an_impatient_person() -> None:
    done = subprocess.run([sys.executable, "-c", _IMPATIENT], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("cleaned up\n", "", 130)


def test_once_ignoring_began_no_signal_interrupts() -> None:
    with signals.interrupting() as listening:
        listening.ignore()
        os.kill(os.getpid(), signal.SIGTERM)


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with signals.interrupting():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_closed_terminal_is_noticed_though_only_its_leader_is_told(tmp_path: Path) -> None:
    said = tmp_path / "said"
    leader, terminal = pty.fork()
    if leader == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        # As `make` does, the leader waits for its child when it is told of the hang-up.
        script = 'trap : HUP; "$0" -c "$1" "$2"; exit 0'
        os.execv("/bin/sh", ["sh", "-c", script, sys.executable, _UNDER_MAKE, str(said)])
    _until(said, "up\n")
    os.close(terminal)
    _until(said, "up\nSIGHUP\n")
    os.waitpid(leader, 0)


def test_under_nohup_a_closed_terminal_changes_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.interrupting():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def _until(path: Path, text: str) -> None:
    deadline = time.monotonic() + 30
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < deadline, path.read_text() if path.exists() else "it did not start"
        time.sleep(0.05)
