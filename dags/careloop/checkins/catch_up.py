"""A new ledger asks nobody before it knows what was asked before.

When a ledger is new (first installed, or dropped), Kafka's end offsets are noted; until landing has
been read up to them nothing is sent, for a recorded ask, a refusal or a reopen may still lie ahead.
Called by the planner (`note`) and the sender (`is_behind`).
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from infra.ends import Ends
from infra.ledger.models import CatchUp, Fact, Position

MEASURED = "catch-up-measured"


def note(session: Session, ends: Callable[[], Ends], now: datetime) -> int:
    """Note or re-check how far a new ledger has to read; returns how many partitions are behind."""
    if session.get(Fact, MEASURED) is None:
        session.add(Fact(name=MEASURED, at=now))
        session.add_all(
            CatchUp(topic=topic, partition=partition, end=end) for (topic, partition), end in ends().items()
        )
        session.flush()
    if _left(session) == 0:
        return 0
    present, reached = ends(), _reached(session)
    for waiting in session.scalars(select(CatchUp)).all():
        chain = (waiting.topic, waiting.partition)
        # A topic that was made anew may end earlier than the one that was measured.
        if reached.get(chain, 0) >= min(waiting.end, present.get(chain, 0)):
            session.execute(
                delete(CatchUp).where(CatchUp.topic == waiting.topic, CatchUp.partition == waiting.partition)
            )
    return _left(session)


def is_behind(session: Session) -> bool:
    """Whether something that may forbid an ask has not been read yet."""
    return session.get(Fact, MEASURED) is None or _left(session) > 0


def _left(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(CatchUp)) or 0


def _reached(session: Session) -> Ends:
    """How far the latest generation of every partition was read."""
    latest: dict[tuple[str, int], tuple[int, int]] = {}
    for row in session.scalars(select(Position)):
        topic, generation, partition = row.chain.rsplit("/", 2)
        at = (int(generation), row.next)
        latest[topic, int(partition)] = max(at, latest.get((topic, int(partition)), at))
    return {chain: reached for chain, (_, reached) in latest.items()}
