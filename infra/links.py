"""Answer links: everything the answer page needs, encrypted and signed in the link itself.

The page looks nothing up, so nothing can be guessed. Fernet (AES-128-CBC with HMAC-SHA256) hides the
ids and carries the time it was made; several keys may be valid at once, the first one signs, so keys
are rotated while links are out.
"""

from datetime import datetime, timedelta

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from infra.settings import Settings
from schemas.errors import CareloopError, SettingError


class BadLink(CareloopError):
    """The link was not made by us, was cut, or has expired."""


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one answer link says. ``invitation`` is the wording that the check-in was sent with."""

    pulse_id: str
    client_id: str
    checkin_id: str | None = None
    ticket_id: str | None = None
    locale: str = "en"
    organisation: str = ""
    prompt_id: str | None = None
    invitation: str | None = None


def token(link: Link, settings: Settings, now: datetime) -> str:
    """The token of a link made at ``now``."""
    return _keys(settings).encrypt_at_time(msgspec.json.encode(link), int(now.timestamp())).decode()


def url(link: Link, settings: Settings, now: datetime) -> str:
    """The address a client clicks: ``<door_url>/a/<token>``."""
    return f"{str(settings.require('door_url')).rstrip('/')}/a/{token(link, settings, now)}"


def read(text: str, settings: Settings, now: datetime) -> Link:
    """The link of a token; `BadLink` where it is not ours, was cut, or is older than ``link_days``."""
    lifetime = int(timedelta(days=settings.link_days).total_seconds())
    try:
        raw = _keys(settings).decrypt_at_time(text.encode(), ttl=lifetime, current_time=int(now.timestamp()))
        return msgspec.json.decode(raw, type=Link)
    except (InvalidToken, msgspec.DecodeError, UnicodeEncodeError):
        raise BadLink("this link is not valid any more") from None


def _keys(settings: Settings) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key.strip()) for key in str(settings.require("link_keys")).split(",")])
    except ValueError as error:
        raise SettingError(f"CARELOOP_LINK_KEYS: {error}") from None
