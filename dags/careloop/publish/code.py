"""Which code made the figures: the release, and a digest of what decides a figure.

A changed metric makes another version of the code, so a figure that changed with it has its cause.
"""

import hashlib
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_DECIDES = ("curate", "metrics", "publish")


@cache
def version() -> str:
    """Such as ``0.1.0+3f2a9c01b2d4``."""
    digest = hashlib.sha256()
    files = [path for room in _DECIDES for path in (_PACKAGE / room).rglob("*") if path.is_file()]
    for path in sorted(path for path in files if path.suffix != ".pyc"):
        digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes())
    return f"{installed('careloop')}+{digest.hexdigest()[:12]}"
