"""The embedded Kafka broker: one noida-db process. Knows how to start it; `session` and `stack` do.

Its binary is run itself, not the Python wrapper, so that signals reach it: SIGTERM saves what it holds.
TCP accepts before its data is loaded, so ready means that it answers a metadata request.
"""

import os
from importlib.resources import files
from pathlib import Path

from infra import broker
from infra.local.ports import LOOPBACK, Ports
from infra.local.processes import Part
from infra.local.service import Service
from infra.settings import Settings
from schemas.errors import Unavailable

NAME = "broker"


def service(settings: Settings, ports: Ports) -> Service:
    """The embedded broker and how to reach it."""
    port = ports.pick("kafka_port", settings.kafka_port)
    address = {"kafka_bootstrap": f"{LOOPBACK}:{port}", "kafka_security_protocol": "PLAINTEXT"}
    reached = settings.model_copy(update=address)
    return Service(part(settings.home, port), address, lambda: _is_ready(reached))


def _is_ready(reached: Settings) -> bool:
    try:
        broker.wait_until_ready(reached, 0)
    except Unavailable:
        return False
    return True


def part(home: Path, port: int) -> Part:
    """The broker of ``home`` on ``port`` of loopback."""
    data = home.resolve() / "kafka"
    data.mkdir(parents=True, exist_ok=True)
    command = (
        str(_binary()),
        "start",
        "--data-dir",
        str(data),
        "--host",
        LOOPBACK,
        "--only",
        "kafka",
        "--kafka-port",
        str(port),
    )
    return Part(NAME, command, {"HOME": str(data), "PATH": os.environ.get("PATH", "")}, patience=20)


def _binary() -> Path:
    binary = Path(str(files("noida_db").joinpath("noida-db")))
    if not os.access(binary, os.X_OK):
        binary.chmod(0o755)
    return binary
