"""A second ``careloop run`` after a whole one goes on from what was kept. Here, as it takes minutes."""

from pathlib import Path

import pytest

from infra.local.inbox.maildir import Kept, directory
from tests.integration.stack_run import Run

pytestmark = [pytest.mark.release, pytest.mark.stack, pytest.mark.timeout(900)]


def _whole_run(home: Path) -> str:
    run = Run(home, "--once", CARELOOP_SAMPLE_CLIENTS="2000", CARELOOP_SAMPLE_RESOLUTIONS="5200")
    try:
        assert run.wait(600) == 0, run.output
        assert run.left_behind(2) == []
    finally:
        run.end()
    return run.output


def test_a_second_run_goes_on_from_the_kept_state(tmp_path: Path) -> None:
    first = _whole_run(tmp_path)
    mails = Kept(directory(tmp_path)).count()
    second = _whole_run(tmp_path)
    assert "kept from before" not in first
    assert "kept from before" in second
    assert Kept(directory(tmp_path)).count() > mails
