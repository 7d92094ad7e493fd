"""``python -m infra.door``: serves the answer page on loopback; in production behind a proxy with TLS."""

import logging
import sys
from functools import partial

import uvicorn

from infra.broker import Publisher
from infra.clock import utc_now
from infra.door.app import make
from infra.door.outbox import SECONDS, Outbox
from infra.settings import Settings
from schemas.errors import CareloopError


def main() -> None:
    """Serve until SIGTERM. Paths hold clients' links, so requests are not logged."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # kafka-python tells much at INFO, and what it tells is of no use here.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    settings = Settings.load()
    settings.require("kafka_bootstrap")
    settings.require("link_keys")
    app = make(settings, Outbox(partial(Publisher, settings, patience=SECONDS)), utc_now)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.door_port,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    try:
        main()
    except CareloopError as error:
        sys.exit(f"careloop: {error}")
