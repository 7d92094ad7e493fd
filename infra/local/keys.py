"""The secrets of one home: made once, kept in ``<home>/secrets.env``, readable by its owner only.

They never leave that file but as the environment of the stack's own processes. Who sets a secret
himself (``CARELOOP_LINK_KEYS``…) uses his own: `session.embedded` decides that.
"""

import contextlib
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.fernet import Fernet

from schemas.errors import StackError


@dataclass(frozen=True)
class Keys:
    """Every secret the embedded stack needs."""

    link_keys: str
    pseudonym_key: str
    s3_access_key: str
    s3_secret_key: str
    airflow_jwt_secret: str
    airflow_password: str


def _make() -> Keys:
    return Keys(
        link_keys=Fernet.generate_key().decode(),
        pseudonym_key=secrets.token_hex(32),
        s3_access_key=f"careloop{secrets.token_hex(6)}",
        s3_secret_key=secrets.token_urlsafe(30),
        airflow_jwt_secret=secrets.token_hex(32),
        airflow_password=secrets.token_urlsafe(12),
    )


def load_or_make(home: Path) -> Keys:
    """The keys of ``home``, made at the first call."""
    path = home / "secrets.env"
    if not path.exists():
        _write_once(path, _make())
    values = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    missing = [field.name for field in fields(Keys) if not values.get(field.name.upper())]
    if missing:
        raise StackError(
            f"{path} lacks {missing[0].upper()}; put it back from a copy, or move the file away to make new "
            "keys (answer links already sent and pseudonyms already published then no longer match)"
        )
    return Keys(**{field.name: values[field.name.upper()] for field in fields(Keys)})


def _write_once(path: Path, keys: Keys) -> None:
    """Write all of the file or nothing; of two processes at once the first one's keys stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    fresh = Path(name)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name.upper()}={value}\n" for name, value in asdict(keys).items())
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
