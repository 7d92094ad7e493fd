"""Ctrl-C, SIGTERM and a closed terminal end the stack cleanly, with the exit code that a shell expects."""

import signal
from pathlib import Path

import pytest

from tests.integration.stack_run import Run

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300), pytest.mark.xdist_group("stack")]


@pytest.mark.parametrize(
    ("number", "after", "code"),
    [(signal.SIGINT, 0, 130), (signal.SIGTERM, 1, 143), (signal.SIGHUP, 2, 129)],
)
def test_a_signal_leaves_no_process(tmp_path: Path, number: signal.Signals, after: int, code: int) -> None:
    run = Run(tmp_path)
    try:
        run.wait_for_stages(after)
        run.signal(number)
        run.signal(number)  # an impatient second one must not interrupt the stopping
        assert run.wait(60) == code
        assert run.left_behind(2) == []
        assert "Traceback" not in run.output
        assert not (tmp_path / "stack.env").exists()
        assert not (tmp_path / "processes.json").exists()
    finally:
        run.end()
