"""A mail server on loopback that takes mail after STARTTLS and a login, and from nobody else."""

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.local.ports import LOOPBACK, any_free
from tests.release.certificates import Certificates

USER = "careloop"
PASSWORD = "a-password-of-the-release-gate"


@dataclass
class Mail:
    """A running server and what it took."""

    environment: dict[str, str]
    received: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd hands over one message."""
        message = email.message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 taken"


@contextmanager
def running(certificates: Certificates) -> Iterator[Mail]:
    """A server; stopped at the end."""
    port = any_free()
    mail = Mail(
        {
            "CARELOOP_SMTP_HOST": "localhost",
            "CARELOOP_SMTP_PORT": str(port),
            "CARELOOP_SMTP_SECURITY": "starttls",
            "CARELOOP_SMTP_USERNAME": USER,
            "CARELOOP_SMTP_PASSWORD": PASSWORD,
            "CARELOOP_MAIL_FROM": "care@example.org",
            # what Python's default TLS context trusts: the public authorities, replaced by the test's own
            "SSL_CERT_FILE": str(certificates.ca),
        }
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    controller = Controller(
        mail,
        hostname=LOOPBACK,
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        auth_require_tls=True,
        authenticator=_authenticate,
    )
    controller.start()
    try:
        yield mail
    finally:
        controller.stop()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
) -> AuthResult:
    wanted = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=given == wanted, handled=False)
