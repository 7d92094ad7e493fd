"""Plan: reads what is new in landing into the ledger. Decides nothing and sends nothing.

One transaction per landing range, with the position behind it: a crash repeats a range, and repeating
a range changes nothing. Called by the DAG, and by the preview on a scratch copy.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from careloop.checkins.landed import TOPICS, Row, rows
from infra.landing import Range, read_new
from infra.ledger.engine import reading, writing
from infra.ledger.models import AskRow, AskState, Base, Position, PreferenceRow, ReopenRow, ResolutionRow
from infra.ledger.upsert import insert
from infra.objects import Bucket
from schemas.policy import Policy

KEEP_AFTER_STALE = timedelta(days=1)
FORGETTABLE = ("email", "title", "what_happened", "effect", "remedy", "agent_name", "reply_to")
"""personal, and needed for the message alone"""

_OPEN = (AskState.PLANNED, AskState.CLAIMED, AskState.IN_DOUBT)
_WEAKER: Mapping[AskState, Sequence[AskState]] = {
    AskState.AVOIDED: _OPEN,
    AskState.SENT: (*_OPEN, AskState.AVOIDED),
    AskState.UNDELIVERED: (*_OPEN, AskState.AVOIDED, AskState.SENT),
}
"""what a recorded outcome replaces, in whatever order outcomes are read"""


def plan(engine: Engine, bucket: Bucket) -> Counter[str]:
    """Apply all new landing ranges; returns how many rows of each kind were read."""
    with reading(engine) as session:
        known = positions(session)
    counts: Counter[str] = Counter()
    for found in new_ranges(bucket, known):
        with writing(engine) as session:
            counts += apply(session, found)
    return counts


def positions(session: Session) -> dict[str, int]:
    """Chain to next offset, as `infra.landing.read_new` wants it."""
    return {row.chain: row.next for row in session.scalars(select(Position))}


def new_ranges(bucket: Bucket, known: Mapping[str, int]) -> Iterator[Range]:
    """What landed on the topics that asking depends on, and is not in the ledger yet."""
    return read_new(bucket, known, topics=TOPICS)


def apply(session: Session, found: Range) -> Counter[str]:
    """One range and its position, in the caller's transaction."""
    read = rows(found.table)
    _once(session, ResolutionRow, read.resolutions)
    _once(session, ReopenRow, read.reopens)
    _latest_wishes(session, read.wishes)
    # A claim that this ledger knows of is left alone: it may have been released since.
    _once(session, AskRow, read.claimed)
    _outcomes(session, AskState.AVOIDED, read.avoided)
    _outcomes(session, AskState.SENT, read.sent)
    _outcomes(session, AskState.UNDELIVERED, read.undelivered)
    _advance(session, found)
    return Counter({name: len(listed) for name, listed in vars(read).items() if listed})


def forget(session: Session, policy: Policy, now: datetime) -> int:
    """Drop contact and words of resolutions that no programme may ask about any more."""
    longest = max(programme.stale_after for programme in policy.programmes.values())
    stale = ResolutionRow.resolved_at < now - longest - KEEP_AFTER_STALE
    known = or_(*(getattr(ResolutionRow, name).is_not(None) for name in FORGETTABLE))
    emptied: dict[str, None] = dict.fromkeys(FORGETTABLE)
    done = session.execute(update(ResolutionRow).where(stale, known).values(emptied))
    return int(done.rowcount)  # type: ignore[attr-defined]


def _once(session: Session, model: type[Base], new: Sequence[Row]) -> None:
    """The first row of a key stands; repeats are duplicates."""
    if new:
        session.connection().execute(insert(session, model).on_conflict_do_nothing(), list(new))


def _latest_wishes(session: Session, new: Sequence[Row]) -> None:
    if not new:
        return
    statement = insert(session, PreferenceRow)
    given = statement.excluded
    newer = given.changed_at > PreferenceRow.changed_at
    greater = (given.changed_at == PreferenceRow.changed_at) & (given.value > PreferenceRow.value)
    merged = statement.on_conflict_do_update(
        index_elements=["client_id", "field"],
        set_={"value": given.value, "changed_at": given.changed_at},
        where=newer | greater,
    )
    session.connection().execute(merged, list(new))


def _outcomes(session: Session, state: AskState, new: Sequence[Row]) -> None:
    if not new:
        return
    statement = insert(session, AskRow)
    names = [name for name in new[0] if name not in ("checkin_id", "client_id")]
    merged = statement.on_conflict_do_update(
        index_elements=["checkin_id"],
        set_={name: statement.excluded[name] for name in names},
        # Not IN: its list cannot be expanded where one statement carries many rows.
        where=or_(*(AskRow.state == weaker.value for weaker in _WEAKER[state])),
    )
    session.connection().execute(merged, list(new))


def _advance(session: Session, found: Range) -> None:
    statement = insert(session, Position)
    moved = statement.on_conflict_do_update(
        index_elements=["chain"],
        set_={"next": statement.excluded.next},
        where=statement.excluded.next > Position.next,
    )
    session.connection().execute(moved, [{"chain": str(found.chain), "next": found.next}])
