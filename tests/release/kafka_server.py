"""Apache Kafka itself, one KRaft node on loopback: clients come in by SASL_SSL alone.

The user is made when the storage is formatted, so no unauthenticated listener is ever open to clients.
"""

import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.broker import wait_until_ready
from infra.local.ports import LOOPBACK, any_free
from infra.local.processes import Part, Supervisor
from infra.settings import Settings
from tests.release import needed
from tests.release.certificates import Certificates

USER = "careloop"
PASSWORD = "a-password-of-the-release-gate"

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=CLIENT://{host}:{port}
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required username="{user}" password="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
# so that a test sees compaction happen
log.cleaner.backoff.ms=200
"""


@dataclass(frozen=True)
class Kafka:
    """A running broker: how to reach it, and where it says what it did."""

    environment: dict[str, str]
    log: Path


@contextmanager
def running(home: Path, certificates: Certificates) -> Iterator[Kafka]:
    """A broker with its state under ``home``; stopped at the end."""
    port, controller = any_free(), any_free()
    properties = home / "server.properties"
    properties.write_text(
        _PROPERTIES.format(
            host=LOOPBACK,
            port=port,
            controller=controller,
            user=USER,
            password=PASSWORD,
            keystore=certificates.key_and_server,
            truststore=certificates.ca,
            data=home / "data",
        )
    )
    environment = {
        "CARELOOP_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{port}",
        "CARELOOP_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "CARELOOP_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "CARELOOP_KAFKA_USERNAME": USER,
        "CARELOOP_KAFKA_PASSWORD": PASSWORD,
        "CARELOOP_KAFKA_CA_FILE": str(certificates.ca),
        "CARELOOP_KAFKA_PARTITIONS": "2",
    }
    _format(properties)
    with Supervisor(home) as supervisor:
        supervisor.start(Part("kafka", (*_java("-Xmx512m"), "kafka.Kafka", str(properties)), patience=30))
        wait_until_ready(_settings(environment), 90)
        yield Kafka(environment, supervisor.log("kafka"))


def _format(properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    user = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
    tool = ("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties), "--add-scram", user)
    done = subprocess.run([*_java(), *tool], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _java(*options: str) -> tuple[str, ...]:
    home = os.environ.get("JAVA_HOME")
    java = needed.program("java", *([Path(home) / "bin"] if home else []))
    logging = Path(__file__).parent / "kafka" / "log4j2.xml"
    return (java, *options, f"-Dlog4j2.configurationFile={logging}", "-cp", needed.kafka_class_path())


def _settings(environment: dict[str, str]) -> Settings:
    return Settings(**{name.removeprefix("CARELOOP_").lower(): value for name, value in environment.items()})  # type: ignore[arg-type]
