"""A bucket with a helpdesk's fortnight in landing, and ways to replace the figures or break the store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from careloop.metrics import WAITING, Aggregates
from careloop.publish import steps
from infra.objects import Bucket
from schemas.cloudevents import Event, event
from schemas.events import TicketResolved
from tests.landing_fixture import land
from tests.version_fixture import facts, tables

MONDAY = datetime(2025, 6, 2, 9, 0, tzinfo=UTC)


def resolved(
    number: int, *, clients: int = 40, product: str = "billing", source: str = "//helpdesk/acme"
) -> Event:
    at = MONDAY + timedelta(hours=number)
    return event(
        source="//helpdesk/acme",
        id=f"{product}-{number}",
        time=at,
        data=TicketResolved(
            ticket_id=f"{product}-T{number}",
            resolution_seq=1,
            resolved_at=at,
            resolved_by="human",
            client_id=f"client-{number % clients}",
            product=product,
            moment="billing",
            summary="The client asked twice for the same invoice.",
        ),
    )


@pytest.fixture
def landed(bucket: Bucket) -> Bucket:
    """120 resolutions of 40 clients."""
    land(bucket, [resolved(number) for number in range(120)])
    return bucket


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces what aggregation gives: ``figures(tables)``."""

    def give(made: dict[str, pa.Table] | None = None) -> None:
        aggregates = Aggregates(
            tables=made or tables(),
            reconciled=dict(facts().reconciled),
            suppressed={},
            waiting=WAITING.empty_table(),
            positions={"careloop.resolutions/1/0": 120},
            newest_landed=MONDAY,
        )
        monkeypatch.setattr(steps, "aggregate_history", lambda *_: aggregates)

    give()
    return give
