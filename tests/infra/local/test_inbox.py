"""The inbox keeps every mail and shows it; nothing in a mail can run, load, or reach beyond it."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import psutil
import pytest

from infra.local.inbox.maildir import Kept, directory
from infra.local.inbox.page import with_links
from infra.local.session import embedded
from infra.settings import Settings

EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("inbox")
    with embedded(Settings(home=home), "inbox") as settings:
        yield settings


def _send(inbox: Settings, subject: str, plain: str = "Hello", html: str | None = None) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "care@localhost", "ann@example.org", subject
    message.set_content(plain)
    if html is not None:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP(str(inbox.smtp_host), inbox.smtp_port) as server:
        server.send_message(message)


def _get(inbox: Settings, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{inbox.inbox_port}{path}", headers=headers)


def _newest_key(inbox: Settings) -> str:
    return Kept(directory(inbox.home)).newest(1)[0].key


def test_a_mail_is_kept_before_it_is_acknowledged(inbox: Settings) -> None:
    _send(inbox, "kept at once")
    mail = Kept(directory(inbox.home)).newest(1)[0]
    assert mail.header("subject") == "kept at once"
    assert (mail.plain or "").strip() == "Hello"


def test_the_newest_mail_comes_first(inbox: Settings) -> None:
    _send(inbox, "the older one")
    _send(inbox, "the newer one")
    page = _get(inbox, "/").text
    assert page.index("the newer one") < page.index("the older one")


def test_what_a_mail_says_is_escaped(inbox: Settings) -> None:
    _send(inbox, EVIL, plain=EVIL)
    for path in ("/", f"/mail/{_newest_key(inbox)}"):
        answer = _get(inbox, path)
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_html_is_shown_in_a_sandbox_that_loads_and_runs_nothing(inbox: Settings) -> None:
    _send(inbox, "with html", html=f"<p>Dear Ann {EVIL}</p>")
    key = _newest_key(inbox)
    outer = _get(inbox, f"/mail/{key}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in outer
    assert "Dear Ann" not in outer
    inner = _get(inbox, f"/mail/{key}/html")
    policy = inner.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_links_can_be_clicked_in_both_forms(inbox: Settings) -> None:
    _send(
        inbox,
        "links",
        plain="See http://127.0.0.1:1/a/x-y_z.",
        html='<a href="http://127.0.0.1:1/a/x">go</a>',
    )
    key = _newest_key(inbox)
    assert 'href="http://127.0.0.1:1/a/x-y_z"' in _get(inbox, f"/mail/{key}").text
    assert '<base target="_blank">' in _get(inbox, f"/mail/{key}/html").text


def test_only_addresses_of_the_web_become_links() -> None:
    assert "<a" not in with_links("javascript:alert(1) data:text/html,x file:///etc/passwd")
    assert with_links('http://a.example/"><script>') == (
        '<a href="http://a.example/" target="_blank" rel="noopener noreferrer">http://a.example/</a>'
        "&#34;&gt;&lt;script&gt;"
    )


@pytest.mark.parametrize("path", ["/mail/nothing", "/mail/..%2f..%2fsecrets.env", "/mail/nothing/html"])
def test_what_is_not_a_kept_mail_is_not_found(inbox: Settings, path: str) -> None:
    assert _get(inbox, path).status_code == 404


def test_a_page_elsewhere_cannot_read_mails_by_a_name_of_its_own(inbox: Settings) -> None:
    assert _get(inbox, "/", Host="evil.example").status_code == 400


def test_it_listens_on_loopback_alone(inbox: Settings) -> None:
    mine = {inbox.smtp_port, inbox.inbox_port}
    listening = [c for c in psutil.net_connections("inet") if c.status == "LISTEN" and c.laddr.port in mine]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_a_mail_that_is_no_mail_is_kept_and_shown_too(inbox: Settings) -> None:
    with socket.create_connection(("127.0.0.1", inbox.smtp_port)) as raw, raw.makefile("rwb") as line:
        for text in (
            b"",
            b"HELO x",
            b"MAIL FROM:<a@b>",
            b"RCPT TO:<c@d>",
            b"DATA",
            b"\xff\xfe no header\r\n.",
        ):
            if text:
                line.write(text + b"\r\n")
                line.flush()
            reply = line.readline()
    assert reply.startswith(b"250")
    assert _get(inbox, "/").status_code == 200
    assert _get(inbox, f"/mail/{_newest_key(inbox)}").status_code == 200


def test_an_empty_inbox_says_so(tmp_path: Path) -> None:
    assert Kept(directory(tmp_path)).newest(10) == []
