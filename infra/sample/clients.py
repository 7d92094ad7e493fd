"""Simulated clients: they read the sample's mails and use the real answer page, as people would.

They open the link, then answer, decline, or leave; many stay silent. What each does is a function of
the seed and the mail's Message-ID. They touch no mail but those to the sample's own addresses, and
leave the newest check-in to the person at the screen. Called by ``careloop run``.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from random import Random
from typing import cast

import httpx
import msgspec

from infra.clock import Clock, utc_now
from infra.sample import state, words
from infra.sample.scene import MAIL_DOMAIN
from infra.sample.state import SampleState
from infra.settings import Settings
from schemas.errors import Unavailable

_LINK = re.compile(r"https?://[^\s<>\"]+/a/[A-Za-z0-9_=-]+")
_ANSWERED, _DECLINED, _OPENED = 0.62, 0.08, 0.10
_PARSER = BytesParser(policy=policy.default)
_TRIES = 5


@dataclass(frozen=True)
class Answered:
    """What the clients did with the check-ins they had not dealt with before."""

    answered: int = 0
    declined: int = 0
    opened: int = 0
    silent: int = 0
    left_for_you: str | None = None
    """Message-ID of the newest check-in, which nobody has touched"""

    def __str__(self) -> str:
        counts = f"{self.answered} answered, {self.declined} declined, {self.opened} only looked"
        return f"{counts}, {self.silent} stayed silent"


@dataclass(frozen=True)
class _Mail:
    message_id: str
    arrived: float
    locale: str
    link: str


def answer(
    settings: Settings,
    inbox: Path,
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Answered:
    """Let the clients deal with the mails in ``inbox`` (a Maildir) that are new to them.

    Call it before a person is pointed at the newest check-in: within one run a newer one takes its
    place, and the clients then deal with the older one.
    """
    kept = state.load(settings.home, clock)
    mails = sorted(_mails(inbox), key=lambda mail: (mail.arrived, mail.message_id))
    done = {*kept.answered, *kept.kept_before}
    waiting = [mail for mail in mails if mail.message_id not in done]
    if not waiting:
        return Answered(left_for_you=kept.kept)
    *theirs, newest = waiting
    counts = dict.fromkeys(("answered", "declined", "opened", "silent"), 0)
    # A person's mail program has no proxy of careloop's either.
    with httpx.Client(timeout=30, trust_env=False) as browser:
        for mail in theirs:
            counts[_react(settings.sample_seed, mail, _Page(browser, mail.link, sleep))] += 1
            kept = _remembered(settings.home, kept, mail)
    state.save(settings.home, msgspec.structs.replace(kept, kept=newest.message_id))
    return Answered(**counts, left_for_you=newest.message_id)


def _remembered(home: Path, kept: SampleState, mail: _Mail) -> SampleState:
    kept = msgspec.structs.replace(kept, answered=[*kept.answered, mail.message_id])
    state.save(home, kept)
    return kept


def _mails(inbox: Path) -> Iterator[_Mail]:
    if not inbox.is_dir():
        return
    for folder in ("new", "cur"):
        for path in sorted((inbox / folder).glob("*")):
            message = _PARSER.parsebytes(path.read_bytes())
            link = _link(message)
            to = str(message.get("To", "")).strip().lower()
            if link is not None and to.rstrip(">").endswith(f"@{MAIL_DOMAIN}"):
                language = str(message.get("Content-Language", "en"))[:2].lower()
                name = str(message.get("Message-ID", path.name)).strip()
                yield _Mail(name, path.stat().st_mtime, language, link)


def _link(message: EmailMessage) -> str | None:
    part = message.get_body(preferencelist=("plain",))
    if part is None:
        return None
    found = _LINK.search(str(cast(EmailMessage, part).get_content()))
    return None if found is None else found[0]


class _Page:
    """The answer page behind one link."""

    def __init__(self, browser: httpx.Client, link: str, sleep: Callable[[float], None]) -> None:
        self._browser, self._link, self._sleep = browser, link, sleep

    def open(self) -> None:
        self._ask("GET")

    def post(self, fields: dict[str, str]) -> None:
        self._ask("POST", fields)

    def _ask(self, method: str, fields: dict[str, str] | None = None) -> None:
        for _ in range(_TRIES):
            try:
                response = self._browser.request(method, self._link, data=fields)
            except httpx.HTTPError as error:
                # The message of httpx may hold the link.
                raise Unavailable(f"the answer page does not answer: {type(error).__name__}") from None
            if response.status_code not in {429, 503}:
                break
            self._sleep(min(float(response.headers.get("Retry-After", "1")), 5.0))
        if response.status_code != 200:
            raise Unavailable(f"the answer page answered {response.status_code} to a client's {method}")


def _react(seed: int, mail: _Mail, page: _Page) -> str:
    """What the client does; the name of it."""
    rng = Random(f"{seed}/client/{mail.message_id}")
    draw = rng.random()
    if draw >= _ANSWERED + _DECLINED + _OPENED:
        return "silent"
    page.open()
    if draw < _ANSWERED:
        page.post(_filled_in(rng, mail.locale))
        return "answered"
    if draw < _ANSWERED + _DECLINED:
        page.post({"do": "decline"})
        return "declined"
    return "opened"


def _filled_in(rng: Random, locale: str) -> dict[str, str]:
    rating = rng.choices(range(1, 8), (2, 3, 6, 12, 22, 30, 25))[0]
    fields = {"effort": str(rating), "note": "", "do": "answer"}
    if rng.random() < 0.45:
        locale = locale if locale in words.LOCALES else "en"
        said = words.of(locale)
        phone = said.phone.format(n=f"{rng.randrange(1000):03d}")
        facts = {"agent": rng.choice(said.agents), "email": f"me@{MAIL_DOMAIN}", "phone": phone}
        fields["note"] = words.note(rng, locale, rating, facts)
        if rng.random() < 0.2:
            fields["may_quote"] = "yes"
    return fields
