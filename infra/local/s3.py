"""The embedded S3 server: one MiniStack process with its S3 service only, kept on disk.

Its defaults would listen on every interface and take any credentials; here it is bound to loopback and
refuses who names no key or an unknown one. It does not check the signature of its own root key, so loopback
is what protects it: the embedded server is for one person's machine. Knows how to start it; `session` does.
"""

import os
import sys
from pathlib import Path

import httpx
from pydantic import SecretStr

from infra.local.keys import Keys
from infra.local.ports import LOOPBACK, Ports
from infra.local.processes import Part
from infra.local.service import Service
from infra.settings import Settings

NAME = "s3"
BUCKET = "careloop"


def service(settings: Settings, ports: Ports, keys: Keys) -> Service:
    """The embedded S3 server and how to reach it."""
    port = ports.pick("s3_port", settings.s3_port)
    address = {
        "s3_bucket": BUCKET,
        "s3_endpoint": f"http://{LOOPBACK}:{port}",
        "s3_region": "us-east-1",
        "s3_access_key": SecretStr(keys.s3_access_key),
        "s3_secret_key": SecretStr(keys.s3_secret_key),
    }
    return Service(part(settings.home, port, keys), address, lambda: is_ready(port))


def part(home: Path, port: int, keys: Keys) -> Part:
    """The S3 server of ``home`` on ``port`` of loopback."""
    state = home.resolve() / "s3"
    (state / "tmp").mkdir(parents=True, exist_ok=True)
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(state),
        "TMPDIR": str(state / "tmp"),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3",
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": keys.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": keys.s3_secret_key,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "objects"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    return Part(NAME, (sys.executable, "-P", "-m", "ministack"), env, patience=20)


def is_ready(port: int) -> bool:
    """Whether the server answers its health check."""
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/_ministack/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
