"""Opens a line to the mail server: plain, STARTTLS or TLS, logged in where a user is set.

What the settings got wrong is a `SettingError` that names them; what may pass is an ``OSError``
(``smtplib``'s own errors are). Called by `infra.mail` alone.
"""

import ipaddress
import smtplib
import socket
import ssl

from infra.settings import Settings
from schemas.errors import SettingError


def connect(settings: Settings, seconds: float) -> smtplib.SMTP:
    """A line on which the server has greeted us and knows who we are."""
    host, port = str(settings.require("smtp_host")), settings.smtp_port
    _no_password_in_the_clear(settings, host)
    # Without a name of its own smtplib asks the DNS for one, which can take many seconds.
    name = socket.gethostname()
    try:
        if settings.smtp_security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, local_hostname=name, timeout=seconds, context=ssl.create_default_context()
            )
        else:
            line = smtplib.SMTP(host, port, local_hostname=name, timeout=seconds)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(host, port, error) from error
    except ssl.SSLError as error:
        raise SettingError(
            f"CARELOOP_SMTP_SECURITY: {host}:{port} does not speak TLS at once; try starttls"
        ) from error
    try:
        _introduce(line, settings, host, port)
    except BaseException:
        line.close()
        raise
    return line


def hang_up(line: smtplib.SMTP) -> None:
    """Say goodbye where the server still listens."""
    try:
        line.quit()
    except OSError:
        line.close()


def _introduce(line: smtplib.SMTP, settings: Settings, host: str, port: int) -> None:
    line.ehlo_or_helo_if_needed()
    if settings.smtp_security == "starttls":
        try:
            line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
        except smtplib.SMTPNotSupportedError as error:
            raise SettingError(f"CARELOOP_SMTP_SECURITY: {host}:{port} does not offer STARTTLS") from error
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(host, port, error) from error
    if settings.smtp_username is not None:
        _log_in(line, settings)


def _log_in(line: smtplib.SMTP, settings: Settings) -> None:
    try:
        line.login(str(settings.smtp_username), str(settings.require("smtp_password")))
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500:
            raise
        raise SettingError(
            "CARELOOP_SMTP_USERNAME, CARELOOP_SMTP_PASSWORD: the mail server refuses them "
            f"({error.smtp_code})"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise SettingError("CARELOOP_SMTP_USERNAME: the mail server offers no login; unset it") from error


def _no_password_in_the_clear(settings: Settings, host: str) -> None:
    if settings.smtp_username is None or settings.smtp_security != "none" or _is_loopback(host):
        return
    raise SettingError(
        "CARELOOP_SMTP_SECURITY: none would send the password in the clear; use starttls or tls"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _untrusted(host: str, port: int, error: ssl.SSLCertVerificationError) -> SettingError:
    return SettingError(
        f"CARELOOP_SMTP_HOST: the certificate of {host}:{port} is not trusted: {error.verify_message}"
    )
