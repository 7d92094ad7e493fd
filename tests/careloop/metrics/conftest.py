"""From events to figures, through landing and curation on the real store."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from careloop.curate import curate
from careloop.metrics import Aggregates, PreviousVersion, aggregate
from infra.objects import Bucket
from infra.settings import Settings
from schemas.cloudevents import Event
from schemas.policy import Policy
from tests.careloop.told import at, policy
from tests.landing_fixture import land

Row = dict[str, Any]
Publish = Callable[..., Aggregates]
NOW = at(days=30)


@pytest.fixture
def publish(bucket: Bucket, settings: Settings) -> Publish:
    """Land events and make the next version's figures, knowing what the version before had seen."""

    def made(
        events: Sequence[Event],
        now: datetime = NOW,
        under: Policy | None = None,
        before: tuple[Aggregates, datetime] | None = None,
    ) -> Aggregates:
        under = under or policy()
        if events:
            land(bucket, events)
        history = curate(bucket, settings, under, now)
        seen = PreviousVersion(before[0].positions, before[0].waiting, before[1]) if before else None
        return aggregate(bucket, history, under, seen, now)

    return made


@pytest.fixture
def row() -> Callable[..., Row]:
    """The one row of a dataset that has all the given values."""

    def found(made: Aggregates, dataset: str, **wanted: Any) -> Row:
        rows = [
            each
            for each in made.tables[dataset].to_pylist()
            if all(each[name] == value for name, value in wanted.items())
        ]
        assert len(rows) == 1, f"{len(rows)} rows of {dataset} have {wanted}"
        return rows[0]

    return found
