"""The words and headers of a check-in: kind, in the client's language, and safe whatever a ticket says."""

import re
from datetime import timedelta
from email import message_from_bytes
from email import policy as mail_policy
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.checkins import words
from careloop.checkins.facts import Ask, LedgerView
from careloop.checkins.message import Message, compose
from careloop.checkins.rules import due
from careloop.prompts import CurrentPrompt, catalogue
from infra import links
from infra.settings import Settings
from schemas import identifiers
from schemas.errors import SettingError
from tests.careloop.checkins.making import NOON, policy, resolution

CATALOGUE, _ = catalogue.read()
PROMPTS = [
    CurrentPrompt(month="2025-06", prompt_id=p.id, catalogue_version="v", rotated_at=NOON, words=p.words)
    for p in CATALOGUE.prompts
]


def ask(**facts: object) -> Ask:
    [found] = due([resolution(**facts)], LedgerView(), policy(), NOON)  # type: ignore[arg-type]
    assert isinstance(found, Ask)
    return found


def made(local: Settings, prompt: CurrentPrompt | None = PROMPTS[0], **facts: object) -> Message:
    return compose(ask(**facts), policy(), prompt, local, NOON)


def part(message: Message, kind: str) -> str:
    body = message.mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def without_links(text: str) -> str:
    return re.sub(r"https?://\S+", "", text)


@pytest.mark.parametrize("locale", ["en-GB", "de-AT", "es"])
@pytest.mark.parametrize("title", [None, "The card payment on your last invoice"])
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.prompt_id)
def test_every_message_is_short_calm_and_offers_a_way_to_say_no(
    local: Settings, locale: str, title: str | None, prompt: CurrentPrompt
) -> None:
    message = made(local, prompt, locale=locale, title=title, agent_name="Ana")
    text = part(message, "plain")
    assert len(without_links(text).split()) <= 90
    assert "!" not in text
    assert "¡" not in text
    assert text.count("/a/") == 1
    assert text.count("/u/") == 1
    assert prompt.words[locale[:2]] in text
    assert title is None or title in text
    assert text.index("Example") < text.index("/a/"), "the question comes before the link"


def test_the_effort_question_is_ces_2_0(local: Settings) -> None:
    assert "“Example made it easy for me to handle my issue.”" in part(made(local), "plain")


def test_a_message_without_facts_needs_none(local: Settings) -> None:
    message = made(local, prompt=None)
    assert "None" not in part(message, "plain")
    assert message.mail["Subject"] == "How was it to get help from Example?"
    assert "the support team, Example" in part(message, "plain")
    assert message.prompt_id is None


def test_the_signature_is_a_named_person_where_the_helpdesk_names_one(local: Settings) -> None:
    message = made(local, agent_name="Ana", reply_to="ana@example.test")
    assert message.mail["From"].addresses[0].display_name == "Ana, Example"
    assert message.mail["Reply-To"] == "ana@example.test"


@pytest.mark.parametrize(
    ("wished", "language"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("es-419", "es"), ("fr", "en"), ("x", "en"), ("", "en")],
)
def test_a_language_falls_back_to_its_root_and_then_to_english(wished: str, language: str) -> None:
    assert words.language("after-resolution", wished) == language


def test_the_links_carry_what_the_answer_needs(local: Settings) -> None:
    message = made(local, locale="de")
    text = part(message, "plain")
    token = re.search(r"http://door\.test/a/(\S+)", text)
    assert token is not None
    link = links.read(token[1], local, NOON + timedelta(days=1))
    checkin = identifiers.checkin_id("after-resolution", "T1", 1)
    assert link == links.Link(
        pulse_id=identifiers.pulse_id(checkin), client_id="c1", checkin_id=checkin,
        ticket_id="T1", locale="de",
        organisation="Example", prompt_id=PROMPTS[0].prompt_id, invitation=PROMPTS[0].words["de"],
    )  # fmt: skip
    stop = re.search(r"http://door\.test/u/(\S+)", text)
    assert stop is not None
    assert links.read(stop[1], local, NOON).pulse_id == link.pulse_id


def test_the_headers_say_what_it_is_and_offer_one_click_unsubscribing(local: Settings) -> None:
    raw = made(local).mail.as_bytes()
    sent = message_from_bytes(raw, policy=mail_policy.default)
    checkin = identifiers.checkin_id("after-resolution", "T1", 1)
    assert sent["Message-ID"] == f"<{checkin}@example.test>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent["Date"].datetime == NOON
    # as it stands on the wire, for no mail program decodes this header
    assert re.search(rb"^List-Unsubscribe: <http://door\.test/u/[\w=-]+>\r\n", raw, re.M)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_an_unsubscribe_address_too_long_for_a_header_is_in_the_body_alone(local: Settings) -> None:
    message = made(local, ticket="T" * 200, client="c" * 190)
    assert max(len(line) for line in message.mail.as_bytes().split(b"\r\n")) <= 998
    far = made(local.model_copy(update={"door_url": "https://door.test/" + "d" * 800}))
    assert far.mail["List-Unsubscribe"] is None
    assert part(far, "plain").count("/u/") == 1


HOSTILE = "<script>alert(1)</script> & \"x\" 'y' {{ 7*7 }}\r\nBcc: everyone@b.test\u202e"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def test_hostile_words_of_a_ticket_stay_words(local: Settings) -> None:
    message = made(local, title=HOSTILE, agent_name=HOSTILE)
    html = part(message, "html")
    seen = _Tags()
    seen.feed(html)
    assert "script" not in seen.tags
    assert "&lt;script&gt;" in html
    assert "{{ 7*7 }}" in html
    assert "&amp;amp;" not in html, "escaped once"
    sent = message_from_bytes(message.mail.as_bytes(), policy=mail_policy.default)
    assert sent["Bcc"] is None
    assert "\u202e" not in str(sent["Subject"])


def test_nothing_in_the_html_is_fetched(local: Settings) -> None:
    html = part(made(local), "html")
    seen = _Tags()
    seen.feed(html)
    assert not {"img", "script", "iframe", "link", "object"} & set(seen.tags)
    assert all(address.startswith("http://door.test/") for address in seen.addresses)
    assert "url(" not in html
    assert '<html lang="en"' in html


@settings(max_examples=40, deadline=None)
@given(title=st.text(max_size=300), name=st.text(max_size=200), reply=st.text(max_size=60))
def test_whatever_a_ticket_says_the_message_is_one_message(title: str, name: str, reply: str) -> None:
    local = Settings(link_keys="Zm9yLXRlc3RzLW9ubHktbmV2ZXItaW4tcHJvZHVjdGk=", door_url="http://door.test")  # type: ignore[arg-type]
    message = made(local, title=title, agent_name=name, reply_to=reply)
    sent = message_from_bytes(message.mail.as_bytes(), policy=mail_policy.default)
    assert sorted(sent.keys()) == sorted(message.mail.keys())
    assert [a.addr_spec for a in sent["To"].addresses] == ["c1@client.test"]
    assert [p.get_content_type() for p in sent.iter_parts()] == ["text/plain", "text/html"]


def test_a_sender_that_is_no_address_names_its_setting(local: Settings) -> None:
    with pytest.raises(SettingError, match="CARELOOP_MAIL_FROM"):
        made(local.model_copy(update={"mail_from": "care\r\nBcc: x@y.test"}))
