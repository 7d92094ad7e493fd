"""The answer page: GET shows, POST says, and nothing is thanked for before Kafka has it."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.testclient import TestClient

from infra import links
from infra.broker import Publisher
from infra.door import answers, pages
from infra.door.app import make
from infra.door.guard import HEADERS, MAX_BODY
from infra.door.limits import Limit, network
from infra.door.outbox import Outbox
from infra.links import Link
from infra.settings import Settings
from schemas.cloudevents import Event
from schemas.errors import Unavailable
from schemas.events import (
    ClientPreferences,
    EventData,
    FollowupRequested,
    PulseAnswered,
    PulseDeclined,
    PulseOpened,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = "Zm9yLXRlc3RzLW9ubHktbmV2ZXItaW4tcHJvZHVjdGk="
SETTINGS = Settings(link_keys=SecretStr(KEY), door_url="http://door.test", home=Path("unused"))
LINK = Link(
    pulse_id="pulse-1",
    client_id="client-1",
    checkin_id="checkin-1",
    ticket_id="T-1",
    locale="en",
    organisation="Bramble & Co",
    prompt_id="what-helped",
    invitation="What helped you <most>?",
)


class Kafka:
    """Keeps what is acknowledged; can be down."""

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self.down = False
        self._queue: list[Event] = []

    def send(self, event: Event) -> None:
        self._queue.append(event)

    def flush(self, seconds: float = 30) -> None:
        queue, self._queue = self._queue, []
        if self.down:
            raise Unavailable("down")
        self.kept.extend(queue)

    def close(self) -> None:
        self._queue = []

    @property
    def data(self) -> list[EventData]:
        return [event.decoded() for event in self.kept]


class Page:
    """One browser before one answer page."""

    def __init__(self, link: Link = LINK, age: timedelta = timedelta()) -> None:
        self.now = NOW
        self.seconds = 0.0
        self.kafka = Kafka()
        app = make(SETTINGS, Outbox(lambda: self.kafka), lambda: self.now, lambda: self.seconds)
        self.web = TestClient(app, raise_server_exceptions=False)
        self.path = f"/a/{links.token(link, SETTINGS, NOW - age)}"
        self.stop = self.path.replace("/a/", "/u/")

    def says(self, *pairs: str) -> None:
        response = self.web.get(self.path)
        for text in pairs:
            assert text in response.text


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page()
    with made.web:
        yield made


def test_opening_the_page_records_that_and_nothing_else_however_often(page: Page) -> None:
    for _ in range(3):
        assert page.web.get(f"{page.path}?e=5").status_code == 200
    assert {type(data) for data in page.kafka.data} == {PulseOpened}
    assert len({event.id for event in page.kafka.kept}) == 1


def test_a_rating_in_the_link_only_preselects(page: Page) -> None:
    assert 'value="5" checked' in page.web.get(f"{page.path}?e=5").text
    assert "checked" not in page.web.get(f"{page.path}?e=9").text
    assert "checked" not in page.web.get(f"{page.path}?e=<script>").text


def test_a_mail_scanner_that_only_looks_opens_nothing(page: Page) -> None:
    assert page.web.head(page.path).status_code == 200
    assert page.kafka.kept == []


def test_an_answer_is_one_event_with_all_that_was_said(page: Page) -> None:
    fields = {"effort": "6", "note": " Danke!\r\nGut. ", "may_quote": "yes", "do": "answer"}
    response = page.web.post(page.path, data=fields)
    assert response.status_code == 200
    assert "Thank you" in response.text
    (said,) = page.kafka.data
    assert isinstance(said, PulseAnswered)
    assert (said.effort.raw, said.effort.scale_max, said.effort.direction) == (6, 7, "higher_is_easier")
    assert (said.note, said.may_quote, said.prompt_id) == ("Danke!\nGut.", True, "what-helped")
    assert (said.pulse_id, said.checkin_id, said.ticket_id) == ("pulse-1", "checkin-1", "T-1")
    assert (said.client_id, said.answered_at) == ("client-1", NOW)


def test_quoting_is_never_assumed(page: Page) -> None:
    page.web.post(page.path, data={"effort": "6", "note": "hello"})
    page.web.post(page.path, data={"effort": "6", "note": "", "may_quote": "yes"})
    assert [data.may_quote for data in page.kafka.data if isinstance(data, PulseAnswered)] == [False, False]


def test_a_form_sent_twice_is_one_answer_and_a_changed_mind_is_a_second_one(page: Page) -> None:
    for effort in ("3", "3", "5"):
        page.web.post(page.path, data={"effort": effort})
    assert len(page.kafka.kept) == 3
    ids = [event.id for event in page.kafka.kept]
    assert ids[0] == ids[1] != ids[2]
    assert {data.pulse_id for data in page.kafka.data if isinstance(data, PulseAnswered)} == {"pulse-1"}
    page.now += timedelta(minutes=5)
    page.web.post(page.path, data={"effort": "3"})
    assert page.kafka.kept[-1].id not in ids  # back to the first opinion: the newest counts


def test_no_thanks_is_taken_as_an_answer(page: Page) -> None:
    response = page.web.post(page.path, data={"do": "decline", "note": "not sent"})
    assert "That is fine" in response.text
    (said,) = page.kafka.data
    assert isinstance(said, PulseDeclined)
    assert not said.unsubscribed


def test_stop_ends_all_check_ins(page: Page) -> None:
    response = page.web.post(page.path, data={"do": "stop"})
    assert "We will not ask again" in response.text
    wish, refusal = page.kafka.data
    assert isinstance(wish, ClientPreferences)
    assert wish.opted_out is True
    assert isinstance(refusal, PulseDeclined)
    assert refusal.unsubscribed


def test_something_still_wrong_reaches_the_team_with_the_rating_if_there_is_one(page: Page) -> None:
    page.web.post(page.path, data={"do": "not-fixed", "effort": "2", "note": "it broke again"})
    request, answer = page.kafka.data
    assert isinstance(request, FollowupRequested)
    assert (request.reason, request.ticket_id) == ("not_fixed", "T-1")
    assert isinstance(answer, PulseAnswered)
    assert answer.note == "it broke again"


def test_something_still_wrong_without_a_rating_keeps_the_note_on_the_page(page: Page) -> None:
    response = page.web.post(page.path, data={"do": "not-fixed", "note": "it broke again"})
    assert [type(data) for data in page.kafka.data] == [FollowupRequested]
    assert "it broke again" in response.text
    assert "We have passed it on" in response.text


def test_an_answer_without_a_rating_asks_for_one_and_keeps_what_was_typed(page: Page) -> None:
    for effort in ("", "0", "8", "５", "1.5", "-1"):
        response = page.web.post(page.path, data={"effort": effort, "note": "my words"})
        assert response.status_code == 422
        assert "my words" in response.text
    assert page.kafka.kept == []


def test_while_kafka_is_down_nobody_is_thanked_and_nothing_typed_is_lost(page: Page) -> None:
    page.kafka.down = True
    fields = {"effort": "4", "note": "dear team", "may_quote": "yes"}
    response = page.web.post(page.path, data=fields)
    assert response.status_code == 503
    assert "try again" in response.text
    assert "dear team" in response.text
    assert 'value="4" checked' in response.text
    assert 'value="yes" checked' in response.text
    for choice in ("decline", "stop", "not-fixed"):
        assert page.web.post(page.path, data={"do": choice}).status_code == 503
    assert page.web.post(page.stop, data={"List-Unsubscribe": "One-Click"}).status_code == 503
    assert page.web.get(page.path).status_code == 200
    page.kafka.down = False
    assert page.web.post(page.path, data=fields).status_code == 200
    assert len(page.kafka.kept) == 1


def test_everything_is_escaped() -> None:
    bad = '"><script>alert(1)</script>'
    one = Page(Link(pulse_id="p", client_id="c", organisation=bad, invitation=bad, locale=bad))
    shown = one.web.get(one.path).text
    kept = one.web.post(one.path, data={"note": f"</textarea>{bad}"}).text
    assert "<script" not in shown + kept
    assert "&lt;/textarea&gt;" in kept


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "made it easy for me"),
        ("de-AT", "hat es mir leicht gemacht"),
        ("es", "me facilitó"),
        ("fr", "made it easy for me"),
    ],
)
def test_the_page_speaks_the_link_s_language(locale: str, words: str) -> None:
    one = Page(Link(pulse_id="p", client_id="c", organisation="Bramble & Co", locale=locale))
    shown = one.web.get(one.path).text
    assert words in shown
    assert "Bramble &amp; Co" in shown
    assert f'<html lang="{pages.language(locale)}">' in shown


def test_all_languages_say_all_things() -> None:
    assert set(pages._all()) == {"en", "de", "es"}


def test_the_invitation_is_the_one_that_the_check_in_was_sent_with(page: Page) -> None:
    page.says("What helped you &lt;most&gt;?")
    plain = Page(Link(pulse_id="p", client_id="c"))
    plain.says("Is there anything you would like to tell us?", "It was easy for me to handle my issue.")


def test_the_question_is_one_group_of_seven_labelled_choices_and_needs_no_script(page: Page) -> None:
    shown = page.web.get(page.path).text
    assert shown.count('type="radio"') == 7
    assert shown.count("<fieldset") == shown.count("<legend>") == 1
    assert 'aria-label="1, strongly disagree"' in shown
    assert 'aria-label="7, strongly agree"' in shown
    assert '<label class="note" for="note">' in shown
    assert "<script" not in shown
    assert "http://" not in shown
    assert "https://" not in shown


def test_every_wrong_link_gets_the_same_calm_page(page: Page) -> None:
    token = page.path.removeprefix("/a/")
    expired = Page(age=timedelta(days=SETTINGS.link_days, seconds=1))
    shown = set()
    for path in (
        f"/a/{token[:-3]}",
        f"/a/{token[5:]}",
        "/a/x",
        "/a/%F0%9F%98%80",
        f"/a/{'x' * 9_000}",
        "/",
        "/b",
    ):
        for method in ("GET", "POST"):
            response = page.web.request(method, path)
            assert response.status_code == 404, path
            shown.add(response.text)
    assert expired.web.get(expired.path).status_code == 404
    shown.add(expired.web.get(expired.path).text)
    assert len(shown) == 1
    assert "pulse" not in shown.pop()
    assert page.kafka.kept == expired.kafka.kept == []


def test_a_foreign_key_opens_nothing(page: Page) -> None:
    other = SETTINGS.model_copy(update={"link_keys": SecretStr("A" * 43 + "=")})
    assert page.web.get(f"/a/{links.token(LINK, other, NOW)}").status_code == 404


def test_a_note_of_5_000_characters_fits_and_one_more_is_kept_for_shortening(page: Page) -> None:
    assert page.web.post(page.path, data={"effort": "4", "note": "😀" * 5_000}).status_code == 200
    response = page.web.post(page.path, data={"effort": "4", "note": "ü" * 5_001})
    assert response.status_code == 422
    assert "5001" in response.text
    assert "ü" * 5_001 in response.text
    assert len(page.kafka.kept) == 1


def test_a_body_that_no_form_of_ours_makes_is_refused(page: Page) -> None:
    response = page.web.post(page.path, content=b"note=" + b"x" * MAX_BODY)
    assert response.status_code == 413
    assert page.kafka.kept == []


def test_bytes_that_are_no_text_are_no_error(page: Page) -> None:
    response = page.web.post(page.path, content=b"effort=5&note=%FF%FE\xff\x00ok")
    assert response.status_code == 200
    (said,) = page.kafka.data
    assert isinstance(said, PulseAnswered)
    assert said.note is not None
    assert said.note.endswith("ok")


@pytest.mark.parametrize("path", ["/healthz", "/a/bad", "/nothing", "PAGE", "STOP"])
def test_every_answer_has_its_safety_headers(page: Page, path: str) -> None:
    response = page.web.get({"PAGE": page.path, "STOP": page.stop}.get(path, path))
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert "set-cookie" not in response.headers


def test_a_fault_of_ours_shows_a_calm_page_with_the_same_headers(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(pages, "answer", broken)
    response = page.web.get(page.path)
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_the_style_sheet_is_our_own_and_may_be_kept(page: Page) -> None:
    response = page.web.get(pages.style()[0])
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]
    assert pages.style()[0] in page.web.get(page.path).text


def test_one_link_cannot_be_hammered_and_recovers(page: Page) -> None:
    codes = [page.web.get(page.path).status_code for _ in range(25)]
    assert codes[:20] == [200] * 20
    assert codes[20:] == [429] * 5
    slow = page.web.get(page.path)
    assert slow.headers["Retry-After"] == "5"
    assert "One moment" in slow.text
    other = f"/a/{links.token(LINK, SETTINGS, NOW)}"
    assert page.web.get(other).status_code == 200
    page.seconds += 6
    assert page.web.get(page.path).status_code == 200


def test_one_address_cannot_hammer_many_links(page: Page) -> None:
    codes = {page.web.get(f"/a/{number}").status_code for number in range(300)}
    assert codes == {404, 429}


def test_one_click_unsubscribes_as_rfc_8058_has_it(page: Page) -> None:
    response = page.web.post(page.stop, data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert {type(data) for data in page.kafka.data} == {ClientPreferences, PulseDeclined}


def test_one_click_may_come_as_multipart(page: Page) -> None:
    response = page.web.post(page.stop, files={"List-Unsubscribe": (None, "One-Click")})
    assert response.status_code == 200
    assert len(page.kafka.kept) == 2


def test_following_an_unsubscribe_link_asks_first(page: Page) -> None:
    shown = page.web.get(page.stop)
    assert 'name="List-Unsubscribe" value="One-Click"' in shown.text
    assert page.web.post(page.stop, data={"something": "else"}).status_code == 400
    assert page.kafka.kept == []


def test_no_request_is_ever_logged(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="infra")
    page.kafka.down = True
    page.web.get(page.path)
    page.web.post(page.path, data={"effort": "4", "note": "private words"})
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("infra"))
    assert "could not be delivered" in logged
    assert page.path.removeprefix("/a/") not in logged
    assert "private words" not in logged


def test_a_failed_delivery_throws_the_connection_away_with_what_it_held() -> None:
    made: list[Kafka] = []

    def connect() -> Kafka:
        made.append(Kafka())
        made[-1].down = len(made) == 1
        return made[-1]

    outbox = Outbox(connect)
    event = answers.declined(LINK, NOW)
    with pytest.raises(Unavailable):
        outbox.deliver([event])
    outbox.deliver([event])
    assert [kafka.kept for kafka in made] == [[], [event]]


def test_a_broker_that_cannot_be_reached_is_tried_again_at_the_next_answer() -> None:
    tries: list[int] = []

    def connect() -> Kafka:
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable("no broker")
        return Kafka()

    outbox = Outbox(connect)
    with pytest.raises(Unavailable):
        outbox.deliver([answers.declined(LINK, NOW)])
    outbox.deliver([answers.declined(LINK, NOW)])
    assert len(tries) == 2


def test_a_real_broker_that_is_gone_is_a_try_again_within_seconds() -> None:
    settings = SETTINGS.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"})
    app = make(SETTINGS, Outbox(partial(Publisher, settings, patience=1)), lambda: NOW)
    path = f"/a/{links.token(LINK, SETTINGS, NOW)}"
    began = time.monotonic()
    with TestClient(app) as web:
        response = web.post(path, data={"effort": "5", "note": "still here"})
    assert response.status_code == 503
    assert "still here" in response.text
    assert time.monotonic() - began < 10


def _limit(clock: Callable[[], float], names: int = 3) -> Limit:
    return Limit(burst=2, per_second=1, monotonic=clock, names=names)


def test_limits_remember_a_bounded_number_of_names() -> None:
    limit = _limit(lambda: 0.0)
    for name in "abcdef":
        assert limit.wait(name) == 0
    assert len(limit._buckets) == 3


@rules(max_examples=50)
@given(st.lists(st.floats(0, 3), max_size=30))
def test_nobody_gets_more_than_burst_plus_rate(pauses: Sequence[float]) -> None:
    now = 0.0
    limit = _limit(lambda: now)
    allowed = 0
    for pause in pauses:
        now += pause
        allowed += limit.wait("me") == 0
    assert allowed <= 2 + now + 1e-6


def test_ipv6_neighbours_count_as_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff")
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("testclient") == "testclient"
