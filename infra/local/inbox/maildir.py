"""The kept mails: a Maildir of plain files, one per mail, that any mail program can read too."""

import mailbox
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import cast

_PARSER = BytesParser(policy=policy.default)


@dataclass(frozen=True)
class Mail:
    """One mail as it was received."""

    key: str
    received: datetime
    message: EmailMessage

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    @property
    def html(self) -> str | None:
        return self._body("html")

    @property
    def plain(self) -> str | None:
        return self._body("plain")

    def _body(self, kind: str) -> str | None:
        part = self.message.get_body(preferencelist=(kind,))
        return None if part is None else str(cast(EmailMessage, part).get_content())


def directory(home: Path) -> Path:
    """Where the inbox of ``home`` keeps its mails."""
    return home / "inbox"


class Kept:
    """The mails of one directory."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._box = mailbox.Maildir(path, create=True)
        self._new = path / "new"

    def add(self, raw: bytes) -> str:
        """Keep one mail; it is there as a whole or not at all."""
        return self._box.add(raw)

    def count(self) -> int:
        return len(self._entries())

    def newest(self, limit: int, skip: int = 0) -> list[Mail]:
        """Mails, newest first."""
        return [self._read(path) for path in self._entries()[skip : skip + limit]]

    def find(self, key: str) -> Mail | None:
        """The mail of ``key``; only names that a listing holds are ever opened."""
        for path in self._entries():
            if path.name == key:
                return self._read(path)
        return None

    def _entries(self) -> Sequence[Path]:
        return sorted(
            self._new.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True
        )

    def _read(self, path: Path) -> Mail:
        message = _PARSER.parsebytes(path.read_bytes())
        return Mail(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC), message)
