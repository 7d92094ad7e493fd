"""Mail by SMTP: sends one message and says, for certain, what became of it.

The sender of check-ins must never ask twice, so the one question is: may the server have accepted the
message? `Accepted`, `Refused` and `TryLater` are certain. `Unknown` is not: the line was cut after the
text had begun to leave, and such a message is never repeated. `smtplib.send_message` cannot tell these
apart, so the dialogue is spelled out here.
"""

import re
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import cast

from infra import smtp
from infra.settings import Settings
from schemas.errors import SettingError

SECONDS = 30
"""how long to wait for one answer of the server"""

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


@dataclass(frozen=True)
class Accepted:
    """The server took the message."""


@dataclass(frozen=True)
class Refused:
    """The server will never take this message for this recipient."""

    reason: str


@dataclass(frozen=True)
class TryLater:
    """Not taken now. ``server_wide``: nothing else would be taken either."""

    reason: str
    server_wide: bool = False


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether the server took it."""

    reason: str


Outcome = Accepted | Refused | TryLater | Unknown


class Mailer:
    """One connection to the mail server, opened with the first message. A context manager."""

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> "Mailer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: EmailMessage, to: str) -> Outcome:
        """Hand ``message`` over for the one recipient ``to``.

        `SettingError` where the server refuses us, rather than the recipient.
        """
        was_open = self._line is not None
        try:
            line = self._line = self._line or smtp.connect(self._settings, self._seconds)
            early = self._envelope(line, to)
        except OSError as error:  # smtplib's own errors are of this kind
            # The text has not begun to leave, so nothing can have been accepted.
            self.close()
            if was_open:
                return self.send(message, to)  # an idle line was cut: once more on a new one
            return TryLater(f"the mail server does not answer: {_public(error)}", server_wide=True)
        return early or self._text(line, message, to)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            smtp.hang_up(line)

    def _envelope(self, line: smtplib.SMTP, to: str) -> Outcome | None:
        """MAIL, RCPT and DATA; None once the server waits for the text."""
        sender = self._settings.mail_from
        beyond_ascii = not _wire(to).isascii()
        if beyond_ascii and not line.has_extn("smtputf8"):
            return Refused("the mail server takes no addresses beyond ASCII (SMTPUTF8)")
        line.command_encoding = "utf-8" if beyond_ascii else "ascii"
        code, said = line.mail(sender, ["SMTPUTF8"] if beyond_ascii else [])
        if code >= 500:
            raise SettingError(
                f"CARELOOP_MAIL_FROM, CARELOOP_SMTP_USERNAME: the mail server refuses to send for {sender}: "
                f"{_answer(code, said)}"
            )
        if code != 250:
            return self._not_taken(line, code, said)
        code, said = line.rcpt(_wire(to))
        if code not in (250, 251):
            return self._not_taken(line, code, said)
        code, said = line.docmd("DATA")
        return None if code == 354 else self._not_taken(line, code, said)

    def _text(self, line: smtplib.SMTP, message: EmailMessage, to: str) -> Outcome:
        policy = cast(EmailPolicy, message.policy).clone(linesep="\r\n", utf8=not _wire(to).isascii())
        body = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=policy))
        try:
            line.send(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
            code, said = line.getreply()
        except OSError as error:
            self.close()
            return Unknown(f"the line was cut before the mail server answered: {_public(error)}")
        if code == 250:
            return Accepted()
        if code < 400:
            self.close()
            return Unknown(f"the mail server gave no clear answer: {_answer(code, said)}")
        return self._not_taken(line, code, said)

    def _not_taken(self, line: smtplib.SMTP, code: int, said: bytes) -> Outcome:
        """A refusal of the server, for ever (5xx) or for now; the line is made ready for the next message."""
        if code == 421:
            self.close()  # the server says that it hangs up
            return TryLater(_answer(code, said), server_wide=True)
        try:
            line.rset()
        except OSError:
            self.close()
        return Refused(_answer(code, said)) if code >= 500 else TryLater(_answer(code, said))


def _wire(address: str) -> str:
    """``address`` with its domain as the domain name system spells it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _answer(code: int, said: bytes) -> str:
    return f"{code} {_public(said.decode(errors='replace'))}"


def _public(said: object) -> str:
    """A server's words without addresses, on one line: reasons are kept, and people read them."""
    return " ".join(_ADDRESS.sub("(address)", str(said)).split())[:300]
