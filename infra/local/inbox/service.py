"""The inbox as a part of the stack: one ``python -m infra.local.inbox`` process."""

import socket
import sys

import httpx

from infra.local import environment
from infra.local.ports import LOOPBACK, Ports
from infra.local.processes import Part
from infra.local.service import Service
from infra.settings import Settings

NAME = "inbox"


def service(settings: Settings, ports: Ports) -> Service:
    """The mail server with its page, and how to reach both."""
    smtp = ports.pick("smtp_embedded_port", settings.smtp_embedded_port)
    page = ports.pick("inbox_port", settings.inbox_port)
    own = {"smtp_embedded_port": smtp, "inbox_port": page}
    address = {
        **own,
        "smtp_host": LOOPBACK,
        "smtp_port": smtp,
        "smtp_security": "none",
        "smtp_username": None,
    }
    env = environment.of(settings.model_copy(update=own))
    part = Part(NAME, (sys.executable, "-m", "infra.local.inbox"), env)
    return Service(part, address, lambda: _is_ready(smtp, page))


def _is_ready(smtp: int, page: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, smtp), timeout=2):
            return httpx.get(f"http://{LOOPBACK}:{page}/", timeout=2, trust_env=False).is_success
    except (OSError, httpx.HTTPError):
        return False
