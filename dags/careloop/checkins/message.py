"""A check-in as a mail message: words, links and headers. Sends nothing.

Called by the sender, and by whoever shows a message. Headers are built by `email`, which refuses line
breaks; ids follow from the ask, so that the same ask is the same message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from msgspec.structs import replace

from careloop.checkins import words
from careloop.checkins.facts import Ask, usable_address
from careloop.prompts import CurrentPrompt
from infra import links
from infra.settings import Settings
from schemas import identifiers
from schemas.errors import SettingError
from schemas.policy import Policy

_HEADER_ROOM = 998 - len("List-Unsubscribe: <>")
"""RFC 5322: no line of a message is longer than 998 characters; the body has the same link"""


@dataclass(frozen=True, kw_only=True)
class Message:
    """The mail and what the record of it says."""

    mail: EmailMessage
    to: str
    message_id: str
    locale: str
    template: str
    prompt_id: str | None


def compose(
    ask: Ask, policy: Policy, prompt: CurrentPrompt | None, settings: Settings, now: datetime
) -> Message:
    """The message of ``ask``."""
    template = policy.programmes[ask.programme].template
    language = words.language(template, ask.locale)
    invitation = prompt.words.get(language) if prompt else None
    link = links.Link(
        pulse_id=identifiers.pulse_id(ask.checkin_id),
        client_id=ask.resolution.client_id,
        checkin_id=ask.checkin_id,
        ticket_id=ask.resolution.ticket_id,
        locale=language,
        organisation=policy.organisation.name,
        prompt_id=prompt.prompt_id if prompt and invitation else None,
        invitation=invitation,
    )
    answer_url = links.url(link, settings, now)
    stop_url = stop_address(links.url(_without_words(link), settings, now))
    fill = words.Fill(
        organisation=policy.organisation.name,
        team_name=policy.organisation.team_name,
        invitation=invitation,
        answer_url=answer_url,
        stop_url=stop_url,
    )
    written = words.write(template, ask.locale, ask.resolution, fill)
    sender = _sender(settings)
    message_id = identifiers.message_id(ask.checkin_id, sender.domain)
    mail = _mail(ask, written, policy, sender, stop_url)
    mail["Message-ID"] = message_id
    mail["Date"] = format_datetime(now.astimezone(UTC))
    return Message(
        mail=mail,
        to=_recipient(ask),
        message_id=message_id,
        locale=language,
        template=template,
        prompt_id=link.prompt_id,
    )


def _without_words(link: links.Link) -> links.Link:
    """The same link without its wording, so that it fits a header line."""
    return replace(link, invitation=None, prompt_id=None)


def stop_address(answer_url: str) -> str:
    """Where one click says "no more": a token of the same kind, under ``/u/``."""
    door, _, token = answer_url.rpartition("/a/")
    return f"{door}/u/{token}"


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header that is never folded: `email` would wrap a long address in encoded words, and no mail
    program would find it there again.
    """

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _Verbatim)
    return SMTP.clone(header_factory=headers)


def _mail(ask: Ask, written: words.Words, policy: Policy, sender: Address, stop_url: str) -> EmailMessage:
    mail = EmailMessage(policy=_policy())
    display = words.signature(ask.resolution, policy.organisation.team_name, policy.organisation.name)
    mail["From"] = Address(words.one_line(display), sender.username, sender.domain)
    mail["To"] = _recipient(ask)
    mail["Reply-To"] = usable_address(ask.resolution.reply_to) or sender.addr_spec
    mail["Subject"] = written.subject
    mail["Auto-Submitted"] = "auto-generated"
    if len(stop_url) <= _HEADER_ROOM:
        mail["List-Unsubscribe"] = f"<{stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Content-Language"] = written.language
    mail.set_content(written.text, cte="quoted-printable")
    mail.add_alternative(written.html, subtype="html", cte="quoted-printable")
    return mail


def _recipient(ask: Ask) -> str:
    address = usable_address(ask.resolution.email)
    if address is None:
        raise ValueError(f"the rules asked without an address ({ask.checkin_id})")
    return address


def _sender(settings: Settings) -> Address:
    if usable_address(settings.mail_from) is None:
        raise SettingError(
            f"CARELOOP_MAIL_FROM: {settings.mail_from!r} is no address, such as care@example.org"
        )
    return Address(addr_spec=settings.mail_from)
