"""Preview: who would be asked when, with which words, and who would not, and why. Sends and writes nothing.

New landing is read into a scratch copy of the ledger and time is played forward from there, under the
policy file as it is written now, so that a change of policy can be looked at before it counts. Called
by ``careloop preview`` and by the loop on the embedded stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from careloop import policies, prompts
from careloop.checkins import words
from careloop.checkins.facts import Ask, Avoided, Deferred, ZoneFrom
from careloop.checkins.forecast import Timed, forecast
from careloop.checkins.hours import zone
from careloop.checkins.plan import apply, new_ranges, positions
from careloop.checkins.view import asks_about, in_doubt, undecided, view
from careloop.prompts import CurrentPrompt
from infra.ledger.models import AskRow
from infra.ledger.scratch import scratch
from infra.objects import Bucket
from infra.settings import Settings
from schemas.policy import Policy

_LINK = "…"
"""stands where the client's own link would be"""


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """One decision to come."""

    checkin_id: str
    ticket_id: str
    seq: int
    client_id: str
    programme: str
    verdict: str
    """ask, avoided, or deferred beyond the hours looked at"""
    reason: str
    """why it is avoided, or what it waits for; empty where it is asked at once"""
    at: datetime
    time_zone: str
    zone_from: ZoneFrom
    subject: str = ""
    first_words: str = ""

    @property
    def would_send(self) -> bool:
        return self.verdict == "ask"

    @property
    def local(self) -> datetime:
        """``at`` on the client's own clock."""
        return self.at.astimezone(zone(self.time_zone))


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One decision that was made before."""

    checkin_id: str
    ticket_id: str | None
    seq: int | None
    client_id: str
    programme: str
    state: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """All that a preview shows."""

    policy: Policy
    decisions: list[Foreseen]
    in_doubt: list[Recorded]
    recorded: list[Recorded] = field(default_factory=list)
    """earlier decisions about the ticket or client that was asked for"""


def preview(settings: Settings, bucket: Bucket, at: datetime, hours: float) -> list[Foreseen]:
    """Every decision from ``at`` on, for ``hours``."""
    return look_ahead(settings, bucket, at, hours).decisions


def look_ahead(
    settings: Settings,
    bucket: Bucket,
    at: datetime,
    hours: float,
    *,
    ticket_id: str | None = None,
    client_id: str | None = None,
) -> Outlook:
    """The same with what was recorded, and what is in doubt; of one ticket or client where named."""
    policy, _, _ = policies.read(settings)
    prompt = prompts.current(bucket)
    with scratch(settings) as session:
        for found in new_ranges(bucket, positions(session)):
            apply(session, found)
        timed = _forecast(session, policy, at, at + timedelta(hours=hours))
        return Outlook(
            policy=policy,
            decisions=[
                _foreseen(one, policy, prompt)
                for one in timed
                if ticket_id in (None, one.outcome.resolution.ticket_id)
                and client_id in (None, one.outcome.resolution.client_id)
            ],
            in_doubt=_recorded(in_doubt(session)),
            recorded=_recorded(asks_about(session, ticket_id, client_id)),
        )


def _forecast(session: Session, policy: Policy, start: datetime, end: datetime) -> list[Timed]:
    # Before going live nothing is ever decided: what is long stale would only hide the rest.
    longest = max(programme.stale_after for programme in policy.programmes.values())
    since = start - longest if policy.live_from is None else None
    resolutions = undecided(session, policy.programmes, since)
    return forecast(resolutions, view(session, resolutions), policy, start, end)


def _foreseen(timed: Timed, policy: Policy, prompt: CurrentPrompt | None) -> Foreseen:
    outcome = timed.outcome
    subject = first_words = ""
    if isinstance(outcome, Ask):
        subject, first_words = _words(outcome, policy, prompt)
    return Foreseen(
        checkin_id=outcome.checkin_id,
        ticket_id=outcome.resolution.ticket_id,
        seq=outcome.resolution.seq,
        client_id=outcome.resolution.client_id,
        programme=outcome.programme,
        verdict={Ask: "ask", Avoided: "avoided", Deferred: "deferred"}[type(outcome)],
        reason=outcome.reason.value if isinstance(outcome, Avoided) else (timed.waited_for or ""),
        at=timed.at,
        time_zone=outcome.time_zone,
        zone_from=outcome.zone_from,
        subject=subject,
        first_words=first_words,
    )


def _words(ask: Ask, policy: Policy, prompt: CurrentPrompt | None) -> tuple[str, str]:
    template = policy.programmes[ask.programme].template
    language = words.language(template, ask.locale)
    fill = words.Fill(
        organisation=policy.organisation.name,
        team_name=policy.organisation.team_name,
        invitation=prompt.words.get(language) if prompt else None,
        answer_url=_LINK,
        stop_url=_LINK,
    )
    written = words.write(template, ask.locale, ask.resolution, fill)
    paragraphs = [" ".join(paragraph.split()) for paragraph in written.text.split("\n\n")]
    return written.subject, paragraphs[1] if len(paragraphs) > 1 else paragraphs[0]


def _recorded(rows: Sequence[AskRow]) -> list[Recorded]:
    return [
        Recorded(
            checkin_id=row.checkin_id,
            ticket_id=row.ticket_id,
            seq=row.seq,
            client_id=row.client_id,
            programme=row.programme,
            state=row.state,
            reason=row.reason or "",
            at=row.decided_at or row.claimed_at,
        )
        for row in rows
    ]
