"""Free disk: the embedded stack is refused where there is little, and says so where there is none."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import StackError

_MEGABYTE = 1_000_000


def free_mb(home: Path) -> int:
    """Free megabytes where ``home`` is, or will be."""
    place = home.resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free // _MEGABYTE


def require_free(home: Path, least_mb: int) -> None:
    """`StackError` where less than ``least_mb`` megabytes are free."""
    free = free_mb(home)
    if free < least_mb:
        raise StackError(
            f"the disk that holds {home} is full: {free} MB are free, {least_mb} are needed; "
            "make room, or set CARELOOP_HOME to another disk (CARELOOP_MIN_FREE_MB sets the limit)"
        )


@contextmanager
def one_clear_line(home: Path) -> Iterator[None]:
    """A disk that fills up inside the block ends it with one line instead of a traceback."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StackError(
            f"the disk that holds {home} is full ({error.filename or 'while writing'}); make room"
        ) from None
