"""``python -m infra.local.inbox``: the mail server and its page, on loopback, until SIGTERM."""

import logging

import uvicorn
from aiosmtpd.controller import Controller

from infra.local.inbox.maildir import Kept, directory
from infra.local.inbox.page import application
from infra.local.inbox.receive import Receiver
from infra.local.ports import LOOPBACK
from infra.settings import Settings

_MAX_MAIL_BYTES = 10_000_000


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    settings = Settings.load()
    kept = Kept(directory(settings.home))
    receiver = Controller(
        Receiver(kept), hostname=LOOPBACK, port=settings.smtp_embedded_port, data_size_limit=_MAX_MAIL_BYTES
    )
    receiver.start()
    try:
        uvicorn.run(
            application(kept), host=LOOPBACK, port=settings.inbox_port,
            log_level="warning", access_log=False, timeout_graceful_shutdown=3,
        )  # fmt: skip
    finally:
        receiver.stop()


if __name__ == "__main__":
    main()
