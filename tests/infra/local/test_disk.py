"""A full disk is refused with one line, before anything starts and when it fills up later."""

import errno
from pathlib import Path

import pytest

from infra.local import disk
from schemas.errors import StackError


def test_too_little_free_disk_is_refused_with_both_numbers(tmp_path: Path) -> None:
    free = disk.free_mb(tmp_path)
    with pytest.raises(StackError, match=r"are needed; .*CARELOOP_HOME.*CARELOOP_MIN_FREE_MB") as refused:
        disk.require_free(tmp_path, free * 2 + 1000)
    assert "\n" not in str(refused.value)


def test_enough_disk_passes_even_where_home_is_not_made_yet(tmp_path: Path) -> None:
    disk.require_free(tmp_path / "not" / "made" / "yet", 1)


def test_a_disk_that_fills_up_later_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="is full"), disk.one_clear_line(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_errors_of_the_system_keep_their_own_words(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk.one_clear_line(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")
