"""Fixtures that run on the real embedded parts: a broker and an object store of one test's own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.local.processes import Supervisor
from infra.local.session import start
from infra.objects import Bucket
from infra.settings import PREFIX, Settings

LINK_KEY = "Zm9yLXRlc3RzLW9ubHktbmV2ZXItaW4tcHJvZHVjdGk="
"""a valid Fernet key: 32 bytes, base64"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings of whoever runs it."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One embedded S3 server for the whole test run."""
    settings = Settings(home=tmp_path_factory.mktemp("object-store"))
    with Supervisor(settings.home) as supervisor:
        yield start(settings, supervisor, ["s3"])


@pytest.fixture
def settings(object_store: Settings, tmp_path: Path) -> Settings:
    """A bucket, ledger, home and keys of the test's own; no Kafka, nothing live."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    mine = object_store.model_copy(
        update={
            "home": home,
            "s3_bucket": f"test-{uuid.uuid4().hex}",
            "ledger_url": SecretStr(f"sqlite:///{home / 'ledger.db'}"),
            "link_keys": SecretStr(LINK_KEY),
            "pseudonym_key": SecretStr("a-key-for-tests-only"),
            "door_url": "http://door.test",
        }
    )
    Bucket.open(mine).ensure()
    return mine


@pytest.fixture
def bucket(settings: Settings) -> Bucket:
    """The bucket of ``settings``."""
    return Bucket.open(settings)


@pytest.fixture
def kafka_settings(settings: Settings) -> Iterator[Settings]:
    """``settings`` plus an embedded broker of the test's own, with all topics."""
    with Supervisor(settings.home) as supervisor:
        yield start(settings, supervisor, ["kafka"])
