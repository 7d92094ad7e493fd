"""The past check-ins' own events: claimed, sent, avoided, undelivered. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from infra.sample import scene
from infra.sample.asks import BOUNCED, REFUSED, SENT, Ask
from infra.sample.helpdesk import outage_id
from schemas.cloudevents import Event, event
from schemas.events import CheckinAvoided, CheckinBase, CheckinClaimed, CheckinSent, CheckinUndelivered
from schemas.identifiers import message_id

PromptOf = Callable[[str], str | None]
"""the prompt of a month (``YYYY-MM``); None is the plain invitation"""

_MAIL_TAKES = timedelta(seconds=2)
_BOUNCE_TAKES = timedelta(minutes=3)


def events(
    seed: int, ask: Ask, policy_version: str, mail_domain: str, prompt_of: PromptOf
) -> Iterator[Event]:
    """What became of one ask."""
    shared: dict[str, Any] = {
        "checkin_id": ask.checkin_id,
        "client_id": ask.person.client_id,
        "programme": scene.PROGRAMME,
        "policy_version": policy_version,
        "ticket_id": ask.ticket.ticket_id,
        "resolution_seq": ask.resolution_seq,
        "outage_id": outage_id(ask.ticket),
    }
    if ask.outcome not in {SENT, REFUSED, BOUNCED}:
        avoided = CheckinAvoided(avoided_at=ask.decided, reason=ask.outcome, **shared)
        yield _event(ask, "avoided", ask.decided, avoided)
        return
    yield _event(ask, "claimed", ask.decided, CheckinClaimed(claimed_at=ask.decided, **shared))
    left = ask.decided + _MAIL_TAKES
    if ask.outcome != REFUSED:
        yield _event(ask, "sent", left, _sent(seed, ask, left, mail_domain, prompt_of(ask.month), shared))
    if ask.outcome != SENT:
        returned = left if ask.outcome == REFUSED else left + _BOUNCE_TAKES
        reason = "550 mailbox unavailable" if ask.outcome == REFUSED else "bounced: 5.1.1 no such mailbox"
        undelivered = CheckinUndelivered(undelivered_at=returned, reason=reason, **shared)
        yield _event(ask, "undelivered", returned, undelivered)


def _sent(
    seed: int, ask: Ask, left: datetime, mail_domain: str, prompt: str | None, shared: dict[str, Any]
) -> CheckinSent:
    plain = Random(f"{seed}/plain/{ask.checkin_id}").random() < 0.05
    return CheckinSent(
        sent_at=left,
        locale=ask.person.locale,
        template=scene.PROGRAMME,
        message_id=message_id(ask.checkin_id, mail_domain),
        prompt_id=None if plain else prompt,
        product=ask.ticket.product.name,
        **shared,
    )


def _event(ask: Ask, name: str, moment: datetime, data: CheckinBase) -> Event:
    return event(source=scene.CHECKINS, id=f"{ask.checkin_id}/{name}", time=moment, data=data)
