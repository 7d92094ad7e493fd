"""One stack per home: an advisory lock on ``<home>/lock``, released by the kernel however its holder ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import StackError


@contextmanager
def hold(home: Path, who: str) -> Iterator[None]:
    """Hold the lock of ``home`` for the block; `StackError` names the holder where it is taken."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another careloop"
            raise StackError(
                f"{home} is in use by {holder}; stop that one first, or use another CARELOOP_HOME"
            ) from None
        file.truncate(0)
        file.write(f"{who} (process {os.getpid()})\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(home: Path) -> bool:
    """Whether some process holds the lock of ``home`` now."""
    try:
        with open(home / "lock") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
