"""``<home>/stack.env``: where a running stack says how to reach it. It exists only while the stack is up.

`Settings.load` reads it; the environment wins over it. A stack that was killed leaves it behind: such a
file is recognised by the lock that nobody holds, and removed.
"""

import os
from pathlib import Path

from dotenv import dotenv_values

from infra import atomic_file
from infra.local import environment, lock
from infra.settings import PREFIX, Settings

_SAID = (
    "kafka_bootstrap", "s3_bucket", "s3_endpoint", "s3_region", "s3_access_key", "s3_secret_key",
    "ledger_url", "smtp_host", "smtp_port", "smtp_security", "door_url",
    "link_keys", "pseudonym_key", "policy_file",
)  # fmt: skip


def path(home: Path) -> Path:
    return home / "stack.env"


def write(settings: Settings) -> None:
    """Say how to reach what ``settings`` name; readable by its owner only."""
    said = {f"{PREFIX}{name.upper()}" for name in _SAID}
    lines = [
        f"{name}={_quoted(value)}\n"
        for name, value in environment.variables(settings).items()
        if name in said
    ]
    atomic_file.write(path(settings.home), "".join(lines))


def remove(home: Path) -> None:
    path(home).unlink(missing_ok=True)


def without_stale(settings: Settings) -> Settings:
    """``settings`` without the addresses that a killed stack left behind."""
    file = path(settings.home)
    if not file.exists() or lock.is_held(settings.home):
        return settings
    stale = dotenv_values(file)
    remove(settings.home)
    now = environment.variables(settings)
    fields = type(settings).model_fields
    gone = {
        name: fields[name].default
        for name in _SAID
        if (variable := f"{PREFIX}{name.upper()}") in stale
        and not os.environ.get(variable)
        and not os.environ.get(f"{variable}_FILE")
        and now.get(variable) == stale[variable]
    }
    return settings.model_copy(update=gone)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
