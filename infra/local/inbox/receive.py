"""The SMTP side: takes a mail, keeps it, says so. It relays nothing and knows no other host."""

import logging

from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local.inbox.maildir import Kept

_log = logging.getLogger(__name__)


class Receiver:
    """The handler that aiosmtpd calls for each mail."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail before it is acknowledged; 452 asks the sender to try again later."""
        content = envelope.original_content or b""
        try:
            key = self._kept.add(content)
        except OSError as error:
            _log.error("a mail could not be kept: %s", error.strerror)
            return "452 4.3.1 Insufficient system storage"
        _log.info("kept %s", key)
        return "250 2.0.0 kept"
