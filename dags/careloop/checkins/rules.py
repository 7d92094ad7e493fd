"""The rules: who is asked now, who later, who never. Pure: no database, network, clock or Airflow.

Called by the sender (again, under a lock, at the moment of sending) and by the preview. The checks, in
this order; the first that speaks decides:

1. decided before → nothing to decide
2. `before-go-live`  resolved before the policy's ``live_from``
3. `reopened`        a reopen or a later resolution undid it; the next resolution is planned anew
4. `stale`           later than ``stale_after``, or no allowed moment is left before that
5. the delay has not passed → deferred. What follows can still change and is judged when it is due
6. `programme-off`   the programme is switched off
7. `auto-resolved`   nobody helped, so there is nobody to thank; unless the programme asks all the same
8. `opted-out`       no check-ins at all, not this programme, or on no day of the week
9. `no-contact`      no usable address
10. `already-asked`  this ticket's client was asked after an earlier resolution
11. `cooldown`       this client was asked lately, by any programme
12. `not-sampled`    the programme asks only a share
13. the mail server put it off, or it is quiet where the client is → deferred
14. ask
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from careloop.checkins.facts import (
    Ask,
    Avoided,
    DeferReason,
    Deferred,
    LedgerView,
    Resolution,
    Wishes,
    ZoneFrom,
    usable_address,
)
from careloop.checkins.hours import next_allowed, zone
from schemas import identifiers
from schemas.policy import AvoidReason, Policy, Programme

Outcome = Ask | Deferred | Avoided


def due(
    resolutions: Iterable[Resolution], ledger: LedgerView, policy: Policy, now: datetime
) -> list[Outcome]:
    """One decision per resolution and programme that is not decided yet, earliest due first.

    With ``live_from`` null everything is decided as if it were live: whoever sends must look first.
    """
    cases = [
        _Case.of(resolution, name, programme, ledger, policy)
        for resolution in resolutions
        for name, programme in policy.programmes.items()
    ]
    cases.sort(key=lambda case: case.order)
    known = Memory(ledger)
    decisions: list[Outcome] = []
    for case in cases:
        if case.checkin_id not in known.decided:
            decisions.append(case.decide(known.view, policy, now))
            known.note(decisions[-1], now)
    return decisions


class Memory:
    """A view that learns from the decisions made on it; the view it began with stays as it was."""

    def __init__(self, view: LedgerView) -> None:
        self.decided = set(view.decided)
        self._asked_tickets = set(view.asked_tickets)
        self._last_asked = dict(view.last_asked)
        self.view = replace(
            view, decided=self.decided, asked_tickets=self._asked_tickets, last_asked=self._last_asked
        )

    def note(self, decision: Outcome, now: datetime) -> None:
        """What ``decision`` means for those that follow."""
        if isinstance(decision, Deferred):
            return
        self.decided.add(decision.checkin_id)
        if isinstance(decision, Ask):
            self._asked_tickets.add(decision.resolution.ticket_id)
            self._last_asked[decision.resolution.client_id] = now


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One programme looking at one resolution."""

    checkin_id: str
    resolution: Resolution
    programme_name: str
    programme: Programme
    wishes: Wishes
    where: ZoneInfo
    zone_from: ZoneFrom
    due_at: datetime

    @classmethod
    def of(
        cls, resolution: Resolution, name: str, programme: Programme, ledger: LedgerView, policy: Policy
    ) -> "_Case":
        wishes = ledger.wishes.get(resolution.client_id) or Wishes()
        where, told_by = _zone(resolution, wishes, policy)
        return cls(
            checkin_id=identifiers.checkin_id(name, resolution.ticket_id, resolution.seq),
            resolution=resolution,
            programme_name=name,
            programme=programme,
            wishes=wishes,
            where=where,
            zone_from=told_by,
            due_at=resolution.resolved_at + programme.delay,
        )

    @property
    def order(self) -> tuple[datetime, str, int, str]:
        return self.due_at, self.resolution.ticket_id, self.resolution.seq, self.programme_name

    def decide(self, ledger: LedgerView, policy: Policy, now: datetime) -> Outcome:
        earliest = max(now, self.due_at, ledger.not_before.get(self.checkin_id, now))
        # No wished day at all is a way of saying no (8.), not a reason to call the ask stale.
        days = self.wishes.days or None
        moment = next_allowed(earliest, self.where, self.wishes.quiet_hours or policy.quiet_hours, days)
        deadline = self.resolution.resolved_at + self.programme.stale_after
        final = self._never(ledger, policy, late=moment is None or moment > deadline)
        if final is not None or moment is None:
            return self._avoided(final or AvoidReason.STALE)
        if now < self.due_at:
            waits_for = DeferReason.DELAY if moment == self.due_at else DeferReason.QUIET_HOURS
            return self._deferred(moment, waits_for)
        reason = self._not_now(ledger, policy, now)
        if reason is not None:
            return self._avoided(reason)
        if moment > now:
            waits = moment == ledger.not_before.get(self.checkin_id)
            return self._deferred(moment, DeferReason.MAIL_SERVER if waits else DeferReason.QUIET_HOURS)
        return Ask(locale=self._locale(policy), **self._common())

    def _never(self, ledger: LedgerView, policy: Policy, *, late: bool) -> AvoidReason | None:
        """2. to 4.: what no waiting will change."""
        if policy.live_from is not None and self.resolution.resolved_at < policy.live_from:
            return AvoidReason.BEFORE_GO_LIVE
        if ledger.undone.get(self.resolution.ticket_id, 0) >= self.resolution.seq:
            return AvoidReason.REOPENED
        return AvoidReason.STALE if late else None

    def _not_now(self, ledger: LedgerView, policy: Policy, now: datetime) -> AvoidReason | None:
        """6. to 12.: judged when it is due."""
        resolution, wishes = self.resolution, self.wishes
        last = ledger.last_asked.get(resolution.client_id)
        refused = wishes.programmes is not None and self.programme_name not in wishes.programmes
        nobody_helped = resolution.resolved_by == "auto"
        no_day = wishes.days is not None and not wishes.days
        checks = (
            (not self.programme.enabled, AvoidReason.PROGRAMME_OFF),
            (nobody_helped and not self.programme.ask_auto_resolved, AvoidReason.AUTO_RESOLVED),
            (wishes.opted_out or refused or no_day, AvoidReason.OPTED_OUT),
            (usable_address(resolution.email) is None, AvoidReason.NO_CONTACT),
            (resolution.ticket_id in ledger.asked_tickets, AvoidReason.ALREADY_ASKED),
            (last is not None and last + policy.cooldown > now, AvoidReason.COOLDOWN),
            (identifiers.share(self.checkin_id) >= self.programme.sample_share, AvoidReason.NOT_SAMPLED),
        )
        return next((reason for applies, reason in checks if applies), None)

    def _locale(self, policy: Policy) -> str:
        return self.wishes.locale or self.resolution.locale or policy.organisation.locale

    def _avoided(self, reason: AvoidReason) -> Avoided:
        return Avoided(reason=reason, **self._common())

    def _deferred(self, until: datetime, reason: DeferReason) -> Deferred:
        return Deferred(until=until, reason=reason, **self._common())

    def _common(self) -> dict[str, Any]:
        return {
            "checkin_id": self.checkin_id,
            "programme": self.programme_name,
            "resolution": self.resolution,
            "due_at": self.due_at,
            "time_zone": self.where.key,
            "zone_from": self.zone_from,
        }


def _zone(resolution: Resolution, wishes: Wishes, policy: Policy) -> tuple[ZoneInfo, ZoneFrom]:
    """The client's own zone, else the ticket's, else the organisation's; unknown names are passed over."""
    told = ((wishes.time_zone, ZoneFrom.CLIENT), (resolution.time_zone, ZoneFrom.TICKET))
    for name, told_by in told:
        found = zone(name)
        if found is not None:
            return found, told_by
    return ZoneInfo(policy.organisation.time_zone), ZoneFrom.ORGANISATION
