"""The servers of the release gate, each started once, on loopback, with all state in temporary folders.

A program that is missing fails the test: the gate never skips. Careloop is told of the servers by its
settings alone, as an operator would.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.broker import admin, ensure_topics
from infra.objects import Bucket
from infra.settings import Settings
from tests.release import certificates, kafka_server, mail_server, postgres_server, s3_server
from tests.release.operator import Operator

LINK_KEY = "Zm9yLXRlc3RzLW9ubHktbmV2ZXItaW4tcHJvZHVjdGk="


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificates:
    """Who signed the servers' certificates."""
    return certificates.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def kafka(
    tmp_path_factory: pytest.TempPathFactory, authority: certificates.Certificates
) -> Iterator[kafka_server.Kafka]:
    """Apache Kafka, which takes clients by SASL_SSL with SCRAM-SHA-512."""
    with kafka_server.running(tmp_path_factory.mktemp("kafka"), authority) as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_server.S3]:
    """A production-grade S3 server that checks signatures."""
    with s3_server.running(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Postgres]:
    """PostgreSQL."""
    with postgres_server.running() as server:
        yield server


@pytest.fixture
def mail(authority: certificates.Certificates) -> Iterator[mail_server.Mail]:
    """A mail server that wants STARTTLS and a login."""
    with mail_server.running(authority) as server:
        yield server


@pytest.fixture
def external(
    kafka: kafka_server.Kafka,
    s3: s3_server.S3,
    postgres: postgres_server.Postgres,
    mail: mail_server.Mail,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """A machine whose environment names all four services: empty topics, bucket and ledger of its own."""
    unique = uuid.uuid4().hex[:12]
    environment = {
        **kafka.environment,
        **s3.environment,
        **mail.environment,
        "CARELOOP_S3_BUCKET": f"careloop-{unique}",
        "CARELOOP_LEDGER_URL": postgres.new_database(),
        "CARELOOP_COLLECT_GROUP": f"collector-{unique}",
        "CARELOOP_DOOR_URL": "https://door.example.org",
        "CARELOOP_LINK_KEYS": LINK_KEY,
        "CARELOOP_PSEUDONYM_KEY": "a-key-of-the-release-gate",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    operator = Operator(environment, tmp_path)
    settings = operator.settings()
    Bucket.open(settings).ensure()
    empty_topics(settings)
    return operator


@pytest.fixture
def external_settings(external: Operator) -> Settings:
    """The settings of ``external``."""
    return external.settings()


def empty_topics(settings: Settings) -> None:
    """All topics, made anew: tests share one broker."""
    client = admin(settings)
    try:
        old = [name for name in client.list_topics() if name.startswith("careloop.")]
        if old:
            client.delete_topics(old)
    finally:
        client.close()
    ensure_topics(settings)
