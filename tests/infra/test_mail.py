"""What became of a message, against a real SMTP server that misbehaves in every phase."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from infra.mail import Accepted, Mailer, Refused, TryLater, Unknown
from infra.settings import Settings
from schemas.errors import SettingError


@dataclass
class Handler:
    """Answers each phase as told."""

    mail: str = "250 OK"
    rcpt: str = "250 OK"
    data: str = "250 taken"
    bodies: list[bytes] = field(default_factory=list)

    async def handle_MAIL(self, _s: SMTP, _se: Session, envelope: Envelope, address: str, _o: object) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(self, _s: SMTP, _se: Session, envelope: Envelope, address: str, _o: object) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _s: SMTP, _se: Session, envelope: Envelope) -> str:  # noqa: N802
        self.bodies.append(bytes(envelope.original_content or b""))
        return self.data


@contextmanager
def server(handler: Handler, **options: object) -> Iterator[int]:
    controller = Controller(handler, hostname="127.0.0.1", port=0, **options)
    controller.port = _free()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(port: int, tmp_path: Path = Path("."), **given: object) -> Settings:
    values: dict[str, object] = {"smtp_security": "none", "mail_from": "care@example.test"}
    return Settings(home=tmp_path, smtp_host="127.0.0.1", smtp_port=port, **values | given)  # type: ignore[arg-type]


def message(text: str = "Hello,\n\n.a line that begins with a dot\n") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "Grüße"
    mail["From"], mail["To"] = "care@example.test", "a@client.test"
    mail.set_content(text)
    return mail


def sent(handler: Handler, to: str = "a@client.test", **options: object) -> object:
    with server(handler, **options) as port, Mailer(settings(port), seconds=5) as mailer:
        return mailer.send(message(), to)


def test_an_accepted_message_arrives_as_it_was_written() -> None:
    handler = Handler()
    assert sent(handler) == Accepted()
    assert handler.bodies[0].endswith(b"\r\n.a line that begins with a dot\r\n")


def test_one_line_serves_many_messages() -> None:
    handler = Handler()
    with server(handler) as port, Mailer(settings(port)) as mailer:
        assert [mailer.send(message(), "a@client.test") for _ in range(3)] == [Accepted()] * 3
    assert len(handler.bodies) == 3


@pytest.mark.parametrize("phase", ["rcpt", "data"])
def test_a_5xx_is_a_refusal_for_ever(phase: str) -> None:
    outcome = sent(Handler(**{phase: "550 5.1.1 <a@client.test> unknown"}))
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("550")
    assert "a@client.test" not in outcome.reason, "reasons are kept and read by people"


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_4xx_in_any_phase_means_later(phase: str) -> None:
    outcome = sent(Handler(**{phase: "451 4.7.1 greylisted"}))
    assert outcome == TryLater("451 4.7.1 greylisted")


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_server_that_closes_shop_takes_nothing_else_either(phase: str) -> None:
    outcome = sent(Handler(**{phase: "421 4.3.2 shutting down"}))
    assert isinstance(outcome, TryLater)
    assert outcome.server_wide


def test_after_a_refusal_the_next_message_goes_out() -> None:
    handler = Handler(rcpt="550 unknown")
    with server(handler) as port, Mailer(settings(port)) as mailer:
        assert isinstance(mailer.send(message(), "a@client.test"), Refused)
        handler.rcpt = "250 OK"
        assert mailer.send(message(), "b@client.test") == Accepted()


def test_a_refused_sender_is_a_wrong_setting_and_blames_no_client() -> None:
    with pytest.raises(SettingError, match="CARELOOP_MAIL_FROM"):
        sent(Handler(mail="550 not you"))


def test_a_server_that_is_not_there_means_later() -> None:
    with Mailer(settings(_free())) as mailer:
        outcome = mailer.send(message(), "a@client.test")
    assert isinstance(outcome, TryLater)
    assert outcome.server_wide
    assert "127.0.0.1" not in outcome.reason or outcome.reason


Dialogue = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None]"]


@contextmanager
def scripted(last_words: dict[str, str | None]) -> Iterator[int]:
    """A server that answers by the book until it meets a command it has a last word for, then hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        book = {
            "EHLO": "250 hello",
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go on",
            ".": "250 taken",
        }
        writer.write(b"220 ready\r\n")
        in_text = False
        while line := (await reader.readline()).decode():
            verb = line.strip().split(" ")[0].upper()[:4] if not in_text else line.strip()
            if in_text and verb != "." and "TEXT" not in last_words:
                continue
            if (in_text and "TEXT" in last_words) or verb in last_words:
                said = last_words.get("TEXT" if in_text and verb != "." else verb)
                if said:
                    writer.write(f"{said}\r\n".encode())
                    await writer.drain()
                break
            writer.write(f"{book.get(verb, '250 ok')}\r\n".encode())
            in_text = verb == "DATA" or (in_text and verb != ".")
        writer.close()

    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(asyncio.start_server(talk, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(listener.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("phase", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_line_cut_before_the_text_means_later_for_nothing_can_have_been_taken(phase: str) -> None:
    with scripted({phase: None}) as port, Mailer(settings(port), seconds=2) as mailer:
        outcome = mailer.send(message(), "a@client.test")
    assert isinstance(outcome, TryLater)
    assert outcome.server_wide


@pytest.mark.parametrize("phase", ["TEXT", "."])
def test_a_line_cut_in_the_text_or_before_the_answer_is_unknown(phase: str) -> None:
    with scripted({phase: None}) as port, Mailer(settings(port), seconds=2) as mailer:
        assert isinstance(mailer.send(message("x\n" * 5), "a@client.test"), Unknown)


def test_an_answer_that_makes_no_sense_after_the_text_is_unknown() -> None:
    with scripted({".": "banana"}) as port, Mailer(settings(port), seconds=2) as mailer:
        assert isinstance(mailer.send(message(), "a@client.test"), Unknown)


def test_an_idle_line_that_was_cut_is_opened_again() -> None:
    handler = Handler()
    with server(handler) as port, Mailer(settings(port)) as mailer:
        assert mailer.send(message(), "a@client.test") == Accepted()
        line = mailer._line
        assert line is not None
        assert line.sock is not None
        line.sock.shutdown(socket.SHUT_RDWR)
        assert mailer.send(message(), "a@client.test") == Accepted()
    assert len(handler.bodies) == 2


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    assert sent(Handler(), to="jürgen@client.test", enable_SMTPUTF8=True) == Accepted()
    assert isinstance(sent(Handler(), to="jürgen@client.test", enable_SMTPUTF8=False), Refused)


def test_a_domain_beyond_ascii_is_spelled_as_the_domain_name_system_does() -> None:
    assert sent(Handler(), to="a@bücher.test", enable_SMTPUTF8=False) == Accepted()


def _nobody(*_: object) -> AuthResult:
    return AuthResult(success=False, handled=False)


def test_wrong_credentials_name_their_settings() -> None:
    handler = Handler()
    with server(handler, authenticator=_nobody, auth_require_tls=False) as port:
        wrong = settings(port, smtp_username="care", smtp_password=SecretStr("wrong"))
        with (
            Mailer(wrong) as mailer,
            pytest.raises(SettingError, match="CARELOOP_SMTP_USERNAME, CARELOOP_SMTP_PASSWORD") as caught,
        ):
            mailer.send(message(), "a@client.test")
    assert "wrong" not in str(caught.value)
    assert handler.bodies == []


def test_a_server_without_starttls_names_its_setting() -> None:
    with (
        server(Handler()) as port,
        Mailer(settings(port, smtp_security="starttls")) as mailer,
        pytest.raises(SettingError, match="CARELOOP_SMTP_SECURITY"),
    ):
        mailer.send(message(), "a@client.test")


def test_a_server_without_tls_from_the_start_names_its_setting() -> None:
    with (
        server(Handler()) as port,
        Mailer(settings(port, smtp_security="tls"), seconds=5) as mailer,
        pytest.raises(SettingError, match="CARELOOP_SMTP_SECURITY"),
    ):
        mailer.send(message(), "a@client.test")


def test_a_password_never_travels_in_the_clear() -> None:
    open_line = settings(25, smtp_username="care", smtp_password=SecretStr("x"))
    far = open_line.model_copy(update={"smtp_host": "mail.example.test"})
    with Mailer(far) as mailer, pytest.raises(SettingError, match="in the clear"):
        mailer.send(message(), "a@client.test")
