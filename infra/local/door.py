"""The embedded answer page: one ``python -m infra.door`` process. Links that were sent point to its port."""

import sys

import httpx

from infra.local import environment
from infra.local.ports import LOOPBACK, Ports
from infra.local.processes import Part
from infra.local.service import Service
from infra.settings import Settings

NAME = "door"


def service(settings: Settings, ports: Ports) -> Service:
    """The answer page and how to reach it; ``settings`` must already reach all it needs."""
    port = ports.pick("door_port", settings.door_port, promised=True)
    url = f"http://{LOOPBACK}:{port}"
    address = {"door_url": url, "door_port": port}
    env = environment.of(settings.model_copy(update=address))
    return Service(Part(NAME, (sys.executable, "-m", "infra.door"), env), address, lambda: _answers(url))


def _answers(url: str) -> bool:
    """Any answer below 500 will do: the page has no public front."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False
