"""Kafka: how clients are configured, topics made, and events produced.

One place knows the security settings and the defaults of kafka-python that must not stand
(``enable_auto_commit`` and ``auto_offset_reset='latest'``).
"""

import contextlib
import time
from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import InvalidReplicationFactorError, KafkaError, TopicAlreadyExistsError

from infra import broker_access
from infra.settings import Settings
from schemas.cloudevents import Event, to_kafka
from schemas.errors import SettingError, Unavailable
from schemas.topics import Topic


def connection(settings: Settings) -> dict[str, Any]:
    """The arguments every kafka-python client shares."""
    shared: dict[str, Any] = {
        "bootstrap_servers": str(settings.require("kafka_bootstrap")).split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        shared |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.require("kafka_username"),
            "sasl_plain_password": settings.require("kafka_password"),
        }
    if settings.kafka_security_protocol.endswith("SSL"):
        files = {
            "ssl_cafile": settings.kafka_ca_file,
            "ssl_certfile": settings.kafka_cert_file,
            "ssl_keyfile": settings.kafka_key_file,
        }
        shared |= {name: str(path) for name, path in files.items() if path}
    return shared


def _admitted(settings: Settings) -> dict[str, Any]:
    """`connection`, once it is known that Kafka does not refuse it; `SettingError` where it does."""
    arguments = connection(settings)
    broker_access.check(settings, arguments)
    return arguments


def admin(settings: Settings) -> KafkaAdminClient:
    arguments = _admitted(settings)
    try:
        return KafkaAdminClient(**arguments)
    except KafkaError as error:
        broker_access.explain(settings, arguments)
        raise Unavailable(
            f"Kafka at CARELOOP_KAFKA_BOOTSTRAP={settings.kafka_bootstrap} does not answer: {error}"
        ) from error


def wait_until_ready(settings: Settings, seconds: float) -> None:
    """Return once the broker answers a metadata request; `Unavailable` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            client = admin(settings)
            try:
                client.list_topics()
            finally:
                client.close()
        except (KafkaError, Unavailable, OSError) as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Kafka at {settings.kafka_bootstrap} is not ready after {seconds:.0f} s: {error}"
                ) from error
            time.sleep(0.1)
        else:
            return


def ensure_topics(settings: Settings, topics: Iterable[str] = tuple(Topic)) -> None:
    """Create the topics that are missing, and return once every one of them has its leaders."""
    client = admin(settings)
    try:
        for missing in sorted(set(topics) - set(client.list_topics())):
            wanted = NewTopic(missing, settings.kafka_partitions, settings.kafka_replication)
            with contextlib.suppress(TopicAlreadyExistsError):
                client.create_topics([wanted], wait_for_metadata=True)
    except InvalidReplicationFactorError as error:
        raise SettingError(
            f"CARELOOP_KAFKA_REPLICATION={settings.kafka_replication}: topics cannot be created: {error}"
        ) from error
    except KafkaError as error:
        if error.retriable:
            raise Unavailable(
                f"Kafka at {settings.kafka_bootstrap} does not create topics: {error}"
            ) from error
        raise SettingError(f"CARELOOP_KAFKA_BOOTSTRAP: topics cannot be created: {error}") from error
    finally:
        client.close()


def consumer(settings: Settings, **overrides: Any) -> KafkaConsumer:
    """A consumer that never commits by itself and starts at the beginning."""
    arguments: dict[str, Any] = {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        # The embedded broker ignores fetch limits and answers with all it has.
        "receive_message_max_bytes": 1_000_000_000,
        **_admitted(settings),
        **overrides,
    }
    return KafkaConsumer(**arguments)


class Publisher:
    """Produces events and knows which of them Kafka has acknowledged (``acks=all``)."""

    def __init__(self, settings: Settings, *, patience: float = 30) -> None:
        """``patience``: seconds to wait, here and in `send`, for a broker that does not answer."""
        arguments = _admitted(settings)
        try:
            self._producer = KafkaProducer(
                acks="all",
                linger_ms=5,
                enable_idempotence=False,
                bootstrap_timeout_ms=int(patience * 1000),
                max_block_ms=int(patience * 1000),
                **arguments,
            )
        except KafkaError as error:
            broker_access.explain(settings, arguments)
            raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not answer: {error}") from error
        self._pending: list[Any] = []

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, event: Event) -> None:
        """Queue an event; it counts as written only after `flush` returns."""
        key, value, headers = to_kafka(event)
        self.send_raw(event.topic, key, value, headers)

    def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        """Queue any record, even a malformed one: a replay sends what it was given."""
        try:
            self._pending.append(self._producer.send(topic, value=value, key=key, headers=headers))
        except KafkaError as error:
            raise Unavailable(f"Kafka did not take an event: {error}") from error

    def flush(self, seconds: float = 30) -> None:
        """Return once Kafka has acknowledged everything sent; `Unavailable` otherwise."""
        try:
            self._producer.flush(timeout=seconds)
            for future in self._pending:
                future.get(timeout=seconds)
        except KafkaError as error:
            raise Unavailable(f"Kafka did not acknowledge an event: {error}") from error
        finally:
            self._pending.clear()

    def close(self) -> None:
        self._producer.close(timeout=5)
