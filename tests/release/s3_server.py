"""A production-grade S3 server on loopback: Versity's gateway on a folder, with real credentials."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.ports import LOOPBACK, any_free
from infra.local.processes import Part, Supervisor
from tests.release import needed

ACCESS_KEY = "release-gate"
SECRET_KEY = "a-secret-of-the-release-gate"


@dataclass(frozen=True)
class S3:
    """A running server; each test makes a bucket of its own."""

    environment: dict[str, str]


@contextmanager
def running(home: Path) -> Iterator[S3]:
    """A server with its objects under ``home`` (a file system with extended attributes)."""
    port = any_free()
    objects = home / "objects"
    objects.mkdir()
    gateway = needed.program("versitygw", needed.CACHE / "bin")
    # its settings come by environment, so that the secret is in no process listing
    env = {
        "PATH": os.environ.get("PATH", ""),
        "ROOT_ACCESS_KEY": ACCESS_KEY,
        "ROOT_SECRET_KEY": SECRET_KEY,
        "VGW_PORT": f"{LOOPBACK}:{port}",
    }
    with Supervisor(home) as supervisor:
        supervisor.start(Part("s3", (gateway, "posix", str(objects)), env))
        supervisor.wait_for("s3", lambda: _listens(port), 30)
        yield S3(
            {
                "CARELOOP_S3_ENDPOINT": f"http://{LOOPBACK}:{port}",
                "CARELOOP_S3_ACCESS_KEY": ACCESS_KEY,
                "CARELOOP_S3_SECRET_KEY": SECRET_KEY,
            }
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
