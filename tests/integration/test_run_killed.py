"""The whole loop with one command, on the real scheduler, and ``kill -9`` at every stage of it, on one home.

The tests run in this order on one home: killed at each stage, then to the end.
"""

import time
from pathlib import Path

import pytest

from infra.local.inbox.maildir import Kept, directory
from tests.integration.stack_run import Run, careloop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.xdist_group("stack")]

STAGES = 9
"""of a first run; see `infra.cli.loop`"""

BROKER_KILLED = (2, 6)
"""stages in which the broker is killed too: it loses its last seconds, and landing is ahead of it"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed")


@pytest.mark.parametrize("done", range(STAGES))
def test_a_run_killed_in_any_stage_leaves_no_process(home: Path, done: int) -> None:
    run = Run(home, "--once")
    try:
        run.wait_for_stages(done)
        time.sleep(0.5)
        if done in BROKER_KILLED:
            run.kill_broker()
        run.process.kill()
        run.wait()
        assert run.left_behind() == []
    finally:
        run.end()


def test_the_next_run_goes_on_from_what_was_kept_and_landing_has_no_gap(home: Path) -> None:
    before = Kept(directory(home)).count()
    run = Run(home, "--once")
    try:
        assert run.wait() == 0, run.output
        assert run.left_behind(2) == []
    finally:
        run.end()
    for words in ("Effort by product", "Response rate", "Asks sent and avoided", "Where to look"):
        assert words in run.output
    assert "kept from before" in run.output
    assert Kept(directory(home)).count() > before > 0
    assert "<html" in (home / "review.html").read_text()
    assert not (home / "stack.env").exists()
    verified = careloop(home, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "sound" in verified.stdout
