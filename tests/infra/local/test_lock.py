"""One stack per home; the kernel frees the lock however its holder ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import lock
from schemas.errors import StackError

_HOLD = """
import sys, time
from pathlib import Path
from infra.local import lock
with lock.hold(Path(sys.argv[1]), "`careloop import`"):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_stack_is_refused_with_one_line_that_names_the_first(tmp_path: Path) -> None:
    first = _holder(tmp_path)
    try:
        with (
            pytest.raises(StackError, match=rf"by `careloop import` \(process {first.pid}\)") as refused,
            lock.hold(tmp_path, "`careloop run`"),
        ):
            pytest.fail("both hold it")
        assert "\n" not in str(refused.value)
        assert lock.is_held(tmp_path)
    finally:
        first.kill()
        first.communicate()


def test_the_lock_of_a_killed_stack_is_free(tmp_path: Path) -> None:
    first = _holder(tmp_path)
    first.kill()
    first.communicate()
    assert not lock.is_held(tmp_path)
    with lock.hold(tmp_path, "`careloop run`"):
        assert lock.is_held(tmp_path)


def test_the_lock_is_free_after_the_block(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path / "not made yet")
    with lock.hold(tmp_path, "`careloop run`"):
        pass
    assert not lock.is_held(tmp_path)
