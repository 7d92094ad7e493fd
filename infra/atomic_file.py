"""A file written whole or not at all, readable by its owner alone.

For what careloop keeps under its home: a reader, or the next start after a crash, sees the old content
or the new one and never half of it.
"""

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace the content of ``path``, making its folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
