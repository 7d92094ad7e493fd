"""What the rules know and what they decide: plain values, no database behind them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schemas.events import QuietHours
from schemas.policy import AvoidReason

_ADDRESS = re.compile(r"""[^\s@<>"(),:;\\\[\]\x00-\x1f\x7f]+@[^\s@<>"(),:;\\\[\]\x00-\x1f\x7f]+""")


def usable_address(text: str | None) -> str | None:
    """``text`` where a message can be sent to it; anything that could bend a header is not an address."""
    return text if text and len(text) <= 320 and _ADDRESS.fullmatch(text) else None


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """One resolution of one ticket, as the helpdesk told it. None is unknown."""

    ticket_id: str
    seq: int
    client_id: str
    resolved_at: datetime
    resolved_by: str = "human"
    email: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    product: str | None = None
    outage_id: str | None = None
    title: str | None = None
    what_happened: str | None = None
    effect: str | None = None
    remedy: str | None = None
    remedy_due_at: datetime | None = None
    agent_name: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """A client's own preferences. None: no wish."""

    time_zone: str | None = None
    locale: str | None = None
    days: Collection[int] | None = None
    quiet_hours: QuietHours | None = None
    programmes: Collection[str] | None = None
    opted_out: bool = False


@dataclass(frozen=True, kw_only=True)
class LedgerView:
    """What the ledger knows of the resolutions, tickets and clients in question."""

    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    """by client"""
    undone: Mapping[str, int] = field(default_factory=dict)
    """by ticket: the highest resolution that a reopen or a later resolution has undone"""
    decided: Collection[str] = frozenset()
    """asks that were claimed, sent, avoided, undelivered or are in doubt"""
    not_before: Mapping[str, datetime] = field(default_factory=dict)
    """asks that the mail server put off, and until when"""
    asked_tickets: Collection[str] = frozenset()
    """tickets whose client was asked, or may have been"""
    last_asked: Mapping[str, datetime] = field(default_factory=dict)
    """by client: the last ask that was claimed, sent, or may have been, over all programmes"""


class ZoneFrom(StrEnum):
    """Who told the time zone."""

    CLIENT = "client"
    TICKET = "ticket"
    ORGANISATION = "organisation"


class DeferReason(StrEnum):
    """Why an ask waits."""

    DELAY = "delay"
    QUIET_HOURS = "quiet-hours"
    MAIL_SERVER = "mail-server"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What all decisions say: which ask, and in which zone it was judged."""

    checkin_id: str
    programme: str
    resolution: Resolution
    due_at: datetime
    """the moment that the delay ends"""
    time_zone: str
    zone_from: ZoneFrom


@dataclass(frozen=True, kw_only=True)
class Ask(Decision):
    """Ask now."""

    locale: str
    """the wished language; the words may fall back"""


@dataclass(frozen=True, kw_only=True)
class Deferred(Decision):
    """Not now: judge again at ``until``."""

    until: datetime
    reason: DeferReason


@dataclass(frozen=True, kw_only=True)
class Avoided(Decision):
    """Never: this ask is not made, and this is why."""

    reason: AvoidReason
