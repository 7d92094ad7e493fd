"""Why Kafka does not let us in: one attempt to connect, whose failure names the setting to mend.

kafka-python tries again for as long as it may, and then says only that it could not; a wrong password or
an unknown authority never mends itself, so they are found before a client is made. Called by
`infra.broker`. Reads and writes no topic.
"""

import contextlib
import socket
import ssl
from typing import Any

from kafka.errors import (
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from infra.settings import Settings
from schemas.errors import SettingError

_SECONDS = 10


def check(settings: Settings, arguments: dict[str, Any]) -> None:
    """`SettingError` where a server refuses us for good; returns where none says so, or none answers.

    ``arguments`` are those of the kafka-python client that is about to be made.
    """
    servers = [_address(server) for server in arguments["bootstrap_servers"]]
    if settings.kafka_security_protocol == "PLAINTEXT":
        return
    encrypted = settings.kafka_security_protocol.endswith("SSL")
    context = _context(settings) if encrypted else None
    for host, port in servers:
        if _answers(settings, host, port, context):
            if settings.kafka_security_protocol.startswith("SASL"):
                _sign_in(settings, {**arguments, "bootstrap_servers": [f"{host}:{port}"]})
            return


def explain(settings: Settings, arguments: dict[str, Any]) -> None:
    """After a client could not be made: `SettingError` where TLS is expected and we speak none."""
    if settings.kafka_security_protocol.endswith("SSL"):
        return
    for host, port in map(_address, arguments["bootstrap_servers"]):
        if _speaks_tls(host, port):
            raise SettingError(
                f"CARELOOP_KAFKA_SECURITY_PROTOCOL={settings.kafka_security_protocol}: "
                f"{host}:{port} expects TLS; SSL and SASL_SSL do that"
            )


def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent: the question is only whether it is TLS
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as connected,
            context.wrap_socket(connected, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def _address(server: str) -> tuple[str, int]:
    host, _, port = server.strip().rpartition(":")
    if not host or not port.isdigit():
        raise SettingError(f"CARELOOP_KAFKA_BOOTSTRAP: {server!r} is not host:port")
    return host.strip("[]"), int(port)


def _context(settings: Settings) -> ssl.SSLContext:
    """TLS as kafka-python sets it up, with a clear word about each file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.kafka_ca_file is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(settings.kafka_ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise SettingError(
                f"CARELOOP_KAFKA_CA_FILE: cannot use {settings.kafka_ca_file}: {error}"
            ) from None
    if settings.kafka_cert_file is not None:
        try:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
        except OSError as error:
            raise SettingError(
                f"CARELOOP_KAFKA_CERT_FILE, CARELOOP_KAFKA_KEY_FILE: "
                f"cannot use {settings.kafka_cert_file}: {error}"
            ) from None
    return context


def _answers(settings: Settings, host: str, port: int, context: ssl.SSLContext | None) -> bool:
    """Whether a server listens there, and speaks TLS as it should where we do."""
    try:
        with socket.create_connection((host, port), timeout=_SECONDS) as connected:
            if context is not None:
                with context.wrap_socket(connected, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError as error:
        trusted = settings.kafka_ca_file or "the public authorities"
        raise SettingError(
            f"CARELOOP_KAFKA_CA_FILE: the certificate of {host}:{port} does not hold against {trusted}: "
            f"{error.verify_message}"
        ) from None
    except ssl.SSLError as error:
        raise SettingError(
            f"CARELOOP_KAFKA_SECURITY_PROTOCOL={settings.kafka_security_protocol}: "
            f"{host}:{port} refused TLS: {error.reason or error}"
        ) from None
    except OSError:
        return False  # down, or unreachable: that passes
    return True


def _sign_in(settings: Settings, arguments: dict[str, Any]) -> None:
    try:
        _log_in_once(arguments)
    except SaslAuthenticationFailedError as error:
        raise SettingError(
            f"CARELOOP_KAFKA_USERNAME, CARELOOP_KAFKA_PASSWORD: Kafka refused "
            f"{settings.kafka_username!r}: {str(error).rpartition('Error: ')[2]}"
        ) from None
    except UnsupportedSaslMechanismError:
        raise SettingError(
            f"CARELOOP_KAFKA_SASL_MECHANISM: Kafka does not take {settings.kafka_sasl_mechanism}"
        ) from None
    except (KafkaError, OSError):
        # It may pass, and then the client that is made next gets in; but not where TLS is expected.
        explain(settings, arguments)


def _log_in_once(arguments: dict[str, Any]) -> None:
    net = NetworkSelector()
    manager = _Attentive(net, **arguments)

    async def once() -> None:
        (server, *_) = manager.cluster.bootstrap_brokers()
        await manager.get_connection(server.node_id, timeout_ms=_SECONDS * 1000)

    try:
        net.run(once)
    finally:
        with contextlib.suppress(KafkaError, OSError):
            manager.close()
        net.close()


class _Attentive(KafkaConnectionManager):  # type: ignore[misc]
    """Hears a server out that answers and hangs up at once, as one that refuses a password does.

    kafka-python 3.0.12 throws an answer away when the end of the connection is read together with it,
    and then knows only that the connection ended. Here the answer is read first, the end after it.
    """

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        receive = transport._sock_recv

        def answer_first() -> tuple[bytes, Exception | None]:
            answer, end = receive()
            return answer, None if answer else end

        transport._sock_recv = answer_first
        return transport
