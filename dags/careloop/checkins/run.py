"""The two steps of a run, with everything they need opened and closed. The edge: no rules here.

Called by the DAG, each step as a task. Returns counts, for they are kept by Airflow where everyone can
read them: no id, address or name is among them.
"""

import logging
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Engine

from careloop import policies, prompts
from careloop.checkins import catch_up, claims
from careloop.checkins.facts import Ask, Avoided, Deferred
from careloop.checkins.landed import TOPICS
from careloop.checkins.plan import forget, plan
from careloop.checkins.rules import Outcome, due
from careloop.checkins.send import Sender
from careloop.checkins.view import undecided, view
from infra.broker import Publisher
from infra.clock import Clock, utc_now
from infra.ends import ends
from infra.ledger import outbox
from infra.ledger.engine import reading, writing
from infra.ledger.migrate import upgrade
from infra.mail import Mailer
from infra.objects import Bucket
from infra.settings import Settings
from schemas.policy import Policy

LIMIT = 500

log = logging.getLogger(__name__)

Counts = dict[str, int]


def plan_checkins(settings: Settings, clock: Clock = utc_now) -> Counts:
    """Read what is new in landing into the ledger, and forget what is no longer needed."""
    bucket, engine = Bucket.open(settings), upgrade(settings)
    try:
        policy, _ = policies.load(settings, bucket, clock())
        counts = plan(engine, bucket)
        with writing(engine) as session:
            counts["partitions_behind"] += catch_up.note(session, lambda: ends(settings, TOPICS), clock())
            counts["forgotten"] += forget(session, policy, clock())
    finally:
        engine.dispose()
    if counts["unusable"]:
        log.error("%d events hold a moment or number that no ledger can store", counts["unusable"])
    return _said("planned", counts)


def send_checkins(
    settings: Settings, clock: Clock = utc_now, *, limit: int = LIMIT, dry_run: bool = False
) -> Counts:
    """Make the asks that are due. ``dry_run``: only count what would be done."""
    bucket, engine = Bucket.open(settings), upgrade(settings)
    try:
        policy, version = policies.load(settings, bucket, clock())
        if dry_run:
            return _said("would be", _counted(_decisions(engine, policy, clock)))
        counts: Counter[str] = Counter(in_doubt=claims.doubt_abandoned(engine, clock()))
        with Publisher(settings) as publisher, Mailer(settings) as mailer:
            # What an earlier run decided is told first, whatever holds this one back.
            counts["events"] += outbox.drain(engine, publisher)
            reason = _held_back(engine, policy)
            if reason is not None:
                counts[reason] += 1
                return _said("nothing sent", counts)
            sender = Sender(
                engine=engine,
                policy=policy,
                version=version,
                prompt=prompts.current(bucket),
                settings=settings,
                mailer=mailer,
                publisher=publisher,
                clock=clock,
                counts=counts,
            )
            _send(sender, limit)
        return _said("done", counts)
    finally:
        engine.dispose()


def _send(sender: Sender, limit: int) -> None:
    decisions = _decisions(sender.engine, sender.policy, sender.clock)
    avoided = [decision for decision in decisions if isinstance(decision, Avoided)]
    sender.counts["avoided"] += claims.avoid(sender.engine, avoided, sender.version, sender.clock())
    sender.counts["deferred"] += sum(isinstance(decision, Deferred) for decision in decisions)
    try:
        sender.make([decision for decision in decisions if isinstance(decision, Ask)], limit)
    finally:
        sender.counts["events"] += outbox.drain(sender.engine, sender.publisher)


def _decisions(engine: Engine, policy: Policy, clock: Clock) -> list[Outcome]:
    with reading(engine) as session:
        resolutions = undecided(session, policy.programmes)
        return due(resolutions, view(session, resolutions), policy, clock())


def _held_back(engine: Engine, policy: Policy) -> str | None:
    """Why nothing at all may be sent or decided now."""
    if policy.live_from is None:
        return "preview_only"
    if policy.paused:
        return "paused"
    with reading(engine) as session:
        if catch_up.is_behind(session):
            log.warning("the ledger is new and landing has not caught up: nothing is sent before it has")
            return "catching_up"
    return None


def _counted(decisions: Sequence[Outcome]) -> Counter[str]:
    return Counter({Ask: "asked", Avoided: "avoided", Deferred: "deferred"}[type(d)] for d in decisions)


def _said(what: str, counts: Counter[str]) -> Counts:
    said = {name: number for name, number in sorted(counts.items()) if number}
    log.info("check-ins %s: %s", what, said)
    return said
