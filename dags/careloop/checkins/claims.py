"""The steps of an ask in the ledger: claimed, then sent, undelivered, put off or in doubt.

Each step is one transaction. An ask belongs to whoever turns its row from nothing or ``planned`` into
``claimed``; nobody else may send. The rules are judged again under the client's lock, so that two
senders can neither send one ask twice nor ask one client twice. Called by `careloop.checkins.send`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from careloop.checkins import events
from careloop.checkins.facts import Ask, Avoided, Decision
from careloop.checkins.rules import Outcome, due
from careloop.checkins.view import one, view
from infra.ledger.engine import lock_client, writing
from infra.ledger.models import AskRow, AskState
from infra.ledger.outbox import put
from infra.ledger.upsert import insert
from schemas.cloudevents import Event
from schemas.policy import Policy

DOUBT_AFTER = timedelta(minutes=10)
"""no dialogue with a mail server lasts this long: the sender of an older claim is gone"""

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=2)
_AT_ONCE = 500


def claim(engine: Engine, candidate: Ask, policy: Policy, version: str, now: datetime) -> Outcome | None:
    """Judge ``candidate`` once more and, where it is still to be asked, claim it.

    Only an `Ask` gives the right to send. None: another sender decided first.
    """
    resolution, programme = candidate.resolution, candidate.programme
    alone = replace(policy, programmes={programme: policy.programmes[programme]})
    with writing(engine) as session:
        lock_client(session, resolution.client_id)
        fresh = one(session, resolution.ticket_id, resolution.seq)
        outcomes = due([fresh], view(session, [fresh]), alone, now) if fresh else []
        if not outcomes:
            return None
        outcome = outcomes[0]
        if isinstance(outcome, Ask):
            row = _row(outcome, AskState.CLAIMED, version) | {"claimed_at": now}
            return outcome if _take(session, [row]) else None
        if isinstance(outcome, Avoided):
            _avoid(session, [outcome], version, now)
        return outcome


def avoid(engine: Engine, decisions: Iterable[Avoided], version: str, now: datetime) -> int:
    """Record asks that are not made, each with its event; returns how many were new."""
    left, total = iter(decisions), 0
    while some := list(islice(left, _AT_ONCE)):
        with writing(engine) as session:
            total += _avoid(session, some, version, now)
    return total


def settle(
    engine: Engine,
    ask: Ask,
    state: AskState,
    event: Event,
    now: datetime,
    *,
    reason: str | None = None,
    prompt_id: str | None = None,
) -> None:
    """Record what became of a claimed ask, and its event, in one transaction."""
    with writing(engine) as session:
        _claimed_becomes(session, ask, state=state, reason=reason, prompt_id=prompt_id, decided_at=now)
        put(session, event)


def doubt(engine: Engine, ask: Ask, reason: str, now: datetime) -> None:
    """Nobody knows whether the message left: it is never repeated."""
    with writing(engine) as session:
        _claimed_becomes(session, ask, state=AskState.IN_DOUBT, reason=reason, decided_at=now)


def release(engine: Engine, ask: Ask, now: datetime, *, again_at_once: bool) -> None:
    """Give a claim back: the message surely did not leave. Judged again at once, or each time later."""
    with writing(engine) as session:
        row = session.get(AskRow, ask.checkin_id)
        attempts = row.attempts if row else 0
        wait = timedelta(0) if again_at_once else min(_FIRST_WAIT * 2 ** min(attempts, 10), _LONGEST_WAIT)
        tried = attempts if again_at_once else attempts + 1
        _claimed_becomes(
            session, ask, state=AskState.PLANNED, due_at=now + wait, claimed_at=None, attempts=tried
        )


def doubt_abandoned(engine: Engine, now: datetime) -> int:
    """Claims without an outcome whose sender is gone are in doubt; returns how many were found."""
    abandoned = (AskRow.state == AskState.CLAIMED) & (AskRow.claimed_at < now - DOUBT_AFTER)
    found = {"state": AskState.IN_DOUBT.value, "decided_at": now, "reason": "no outcome was recorded"}
    with writing(engine) as session:
        done: Any = session.execute(update(AskRow).where(abandoned).values(found))
        return int(done.rowcount)


def _claimed_becomes(session: Session, ask: Ask, **values: Any) -> None:
    # In doubt as well: a sender slower than DOUBT_AFTER still knows better.
    held = AskRow.state.in_([AskState.CLAIMED.value, AskState.IN_DOUBT.value])
    session.execute(update(AskRow).where(AskRow.checkin_id == ask.checkin_id, held).values(**values))


def _avoid(session: Session, decisions: Sequence[Avoided], version: str, now: datetime) -> int:
    rows = [
        _row(decision, AskState.AVOIDED, version) | {"reason": decision.reason.value, "decided_at": now}
        for decision in decisions
    ]
    won = _take(session, rows)
    for decision in decisions:
        if decision.checkin_id in won:
            put(session, events.avoided(decision, decision.reason, version, now))
    return len(won)


def _take(session: Session, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Write those rows that are new or ``planned``; returns their ids."""
    statement = insert(session, AskRow)
    names = [name for name in rows[0] if name != "checkin_id"]
    taking = statement.on_conflict_do_update(
        index_elements=["checkin_id"],
        set_={name: statement.excluded[name] for name in names},
        where=AskRow.state == AskState.PLANNED.value,
    ).returning(AskRow.checkin_id)
    return set(session.connection().execute(taking, list(rows)).scalars())


def _row(decision: Decision, state: AskState, version: str) -> dict[str, Any]:
    return {
        "checkin_id": decision.checkin_id,
        "programme": decision.programme,
        "ticket_id": decision.resolution.ticket_id,
        "seq": decision.resolution.seq,
        "client_id": decision.resolution.client_id,
        "state": state.value,
        "policy_version": version,
        "due_at": decision.due_at,
    }
