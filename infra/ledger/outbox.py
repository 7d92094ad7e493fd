"""The outbox: events that leave for Kafka only after the fact they report is committed.

`put` runs inside the fact's own transaction; `drain` sends, waits for Kafka's acknowledgement, and
only then deletes. A crash in between sends an event again under the same id, which is a duplicate and
never a second fact.
"""

from typing import Protocol

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from infra.ledger.engine import reading, writing
from infra.ledger.models import OutboxRow
from schemas.cloudevents import Event

BATCH = 1_000


class Publishing(Protocol):
    """What `infra.broker.Publisher` offers to the ledger's users."""

    def send(self, event: Event) -> None: ...

    def flush(self) -> None: ...


def put(session: Session, event: Event) -> None:
    """Queue ``event`` in the caller's transaction."""
    if event.time is None:
        raise ValueError("an event of ours always has a time")
    session.add(
        OutboxRow(
            source=event.source,
            event_id=event.id,
            type=event.type,
            time=event.time,
            key=event.key,
            data=event.data,
            extensions=event.extensions,
        )
    )


def drain(engine: Engine, publisher: Publishing) -> int:
    """Send everything queued, oldest first; returns how many events Kafka acknowledged."""
    total = 0
    while True:
        with reading(engine) as session:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id).limit(BATCH)).all()
        if not rows:
            return total
        for row in rows:
            publisher.send(_event(row))
        publisher.flush()
        with writing(engine) as session:
            session.execute(delete(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows])))
        total += len(rows)


def _event(row: OutboxRow) -> Event:
    return Event(
        id=row.event_id,
        source=row.source,
        type=row.type,
        time=row.time,
        data=row.data,
        key=row.key,
        extensions=row.extensions,
    )
