"""The first signal unwinds everything in order; those after it interrupt nothing."""

import os
import signal
import subprocess
import sys

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


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_each_signal_has_the_exit_code_that_a_shell_expects(number: signal.Signals, code: int) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
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
