"""The events that say what became of an ask. Their ids follow from the ask, so a repeat is a duplicate."""

from datetime import datetime
from typing import Any

from careloop.checkins.facts import Decision
from schemas.cloudevents import Event, event
from schemas.events import CheckinAvoided, CheckinBase, CheckinClaimed, CheckinSent, CheckinUndelivered
from schemas.policy import AvoidReason

SOURCE = "/careloop/check-ins"


def claimed(decision: Decision, policy_version: str, now: datetime) -> Event:
    return _event("claimed", now, CheckinClaimed(claimed_at=now, **_base(decision, policy_version)))


def avoided(decision: Decision, reason: AvoidReason, policy_version: str, now: datetime) -> Event:
    return _event(
        "avoided", now, CheckinAvoided(avoided_at=now, reason=reason.value, **_base(decision, policy_version))
    )


def undelivered(decision: Decision, reason: str, policy_version: str, now: datetime) -> Event:
    data = CheckinUndelivered(undelivered_at=now, reason=reason, **_base(decision, policy_version))
    return _event("undelivered", now, data)


def sent(
    decision: Decision,
    policy_version: str,
    now: datetime,
    *,
    locale: str,
    template: str,
    message_id: str,
    prompt_id: str | None,
    subject_variant: str | None = None,
) -> Event:
    data = CheckinSent(
        sent_at=now,
        locale=locale,
        template=template,
        message_id=message_id,
        prompt_id=prompt_id,
        subject_variant=subject_variant,
        product=decision.resolution.product,
        **_base(decision, policy_version),
    )
    return _event("sent", now, data)


def _event(kind: str, now: datetime, data: CheckinBase) -> Event:
    return event(source=SOURCE, id=f"{data.checkin_id}:{kind}", time=now, data=data)


def _base(decision: Decision, policy_version: str) -> dict[str, Any]:
    resolution = decision.resolution
    return {
        "checkin_id": decision.checkin_id,
        "client_id": resolution.client_id,
        "programme": decision.programme,
        "policy_version": policy_version,
        "ticket_id": resolution.ticket_id,
        "resolution_seq": resolution.seq,
        "outage_id": resolution.outage_id,
    }
