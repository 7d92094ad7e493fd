"""The rules of the collector without Kafka or bucket: when to close, when to wait, when to stop."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from consumers.backoff import Backoff
from consumers.batch import Close, Limits, OpenRange, to_table
from consumers.chain import Fault, Standing
from consumers.dead_letters import Tolerance
from consumers.decode import DeadLetter, decode, digest
from consumers.land import Origin
from schemas.cloudevents import to_kafka
from schemas.errors import ChainBroken, TooManyDeadLetters, Unavailable
from schemas.keys import ChainId
from schemas.ranges import Link
from schemas.tables import LANDING
from tests.consumers.making import START, TOPIC, reopened

CHAIN = ChainId(TOPIC, 1, 0)
SECOND = timedelta(seconds=1)
LINK = Link(CHAIN, 10, 20, 9, 1, "letters", 18, "digest", "cluster", "topic")
STANDING = Standing(CHAIN, LINK, 5, 30, Origin("cluster", "topic"), "digest")


def record(offset: int = 0, **changes: Any) -> SimpleNamespace:
    key, value, headers = to_kafka(reopened(offset))
    given = {
        "topic": TOPIC,
        "offset": offset,
        "timestamp": 1_000,
        "key": key,
        "value": value,
        "headers": headers,
    }
    return SimpleNamespace(**given | changes)


def test_a_link_reads_back_what_it_wrote() -> None:
    assert Link.read(CHAIN, 10, LINK.metadata()) == LINK
    bare = Link(CHAIN, 0, 1)
    assert Link.read(CHAIN, 0, {name: text for name, text in bare.metadata().items() if text}) == bare


@pytest.mark.parametrize("metadata", [{}, {"next": "x"}, {"next": "10"}, {"next": "9"}])
def test_metadata_that_is_no_link_breaks_the_chain(metadata: dict[str, str]) -> None:
    with pytest.raises(ChainBroken):
        Link.read(CHAIN, 10, metadata)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"link": None}, None),
        ({"end": 20}, None),
        ({"beginning": 20}, None),
        ({"last_digest": None}, None),
        ({"origin": Origin()}, None),
        ({"end": 19}, Fault.AHEAD),
        ({"beginning": 21, "last_digest": None}, Fault.EXPIRED),
        ({"last_digest": "another"}, Fault.DIFFERS),
        ({"origin": Origin("another", "topic")}, Fault.OTHER_CLUSTER),
        ({"origin": Origin("cluster", "another")}, Fault.OTHER_TOPIC),
    ],
)
def test_a_chain_goes_on_only_where_the_broker_still_has_its_topic(
    changes: dict[str, Any], fault: Fault | None
) -> None:
    assert replace(STANDING, **changes).fault is fault


def test_a_broken_chain_says_what_where_and_the_way_on() -> None:
    with pytest.raises(ChainBroken) as why:
        replace(STANDING, end=19).check()
    text = str(why.value)
    assert "careloop.resolutions partition 0" in text
    assert "goes on at 20" in text
    assert "5 to 19" in text
    assert "careloop collect --new-generation careloop.resolutions --reason" in text
    assert "\n" not in text


def test_a_first_range_begins_at_zero_whatever_is_retained() -> None:
    fresh = replace(STANDING, link=None)
    assert (fresh.next, fresh.read_from) == (0, 5)
    assert (STANDING.next, STANDING.read_from) == (20, 20)


def test_a_range_closes_by_rows_bytes_or_age_whichever_comes_first() -> None:
    limits = Limits(rows=3, size=100, age=30 * SECOND)
    one = OpenRange(CHAIN, 0)
    assert one.due(limits, START + 99 * SECOND) is None
    one.add([decode(record(0))], 10, START)
    one.advance(1, START)
    assert one.due(limits, START + 29 * SECOND) is None
    assert one.due(limits, START + 30 * SECOND) is Close.AGE
    one.add([decode(record(1))], 90, START)
    assert one.due(limits, START) is Close.BYTES
    one.add([decode(record(2, value=b"x"))], 0, START)
    assert one.due(limits, START) is Close.ROWS


def test_a_range_of_control_offsets_alone_gets_old_too() -> None:
    one = OpenRange(CHAIN, 7)
    one.advance(7, START)
    assert one.empty
    one.advance(9, START)
    assert one.due(Limits(1, 1, SECOND), START + SECOND) is Close.AGE


def test_rows_become_the_landing_table() -> None:
    decoded = [decode(record(at)) for at in range(3)]
    table = to_table([one for one in decoded if not isinstance(one, DeadLetter)])
    assert table.schema == LANDING
    assert table["offset"].to_pylist() == [0, 1, 2]
    assert to_table([]).schema == LANDING


def test_an_event_without_a_time_takes_kafkas() -> None:
    headers = [(name, raw) for name, raw in record().headers if name != "ce_time"]
    row = decode(record(headers=headers, timestamp=1_500))
    assert not isinstance(row, DeadLetter)
    assert row[6].timestamp() == 1.5


def test_a_digest_knows_what_belongs_where() -> None:
    assert digest(record()) == digest(record())
    different = [
        record(key=None), record(key=b""), record(value=b""), record(headers=[]),
        record(headers=[("a", None)]), record(headers=[("a", b"")]),
        record(key=b"ab", value=b"c"), record(key=b"a", value=b"bc"),
    ]  # fmt: skip
    assert len({digest(one) for one in different}) == len(different)


def test_the_tolerance_for_dead_letters() -> None:
    letter = decode(record(value=b"x"))
    assert isinstance(letter, DeadLetter)
    tolerance = Tolerance(share=0.5, run=3)
    tolerance.check_run(CHAIN, 3, letter)
    tolerance.check_share(CHAIN, 50, [letter] * 50)
    tolerance.check_share(CHAIN, 0, [letter] * 99)
    with pytest.raises(TooManyDeadLetters, match="4 messages in a row"):
        tolerance.check_run(CHAIN, 4, letter)
    with pytest.raises(TooManyDeadLetters, match="51 of 100"):
        tolerance.check_share(CHAIN, 49, [letter] * 51)


def test_waiting_grows_is_bounded_and_ends_with_success() -> None:
    backoff = Backoff(first=SECOND, most=4 * SECOND)
    why = Unavailable("away")
    assert [backoff.failed(why, START) for _ in range(4)] == [SECOND, 2 * SECOND, 4 * SECOND, 4 * SECOND]
    assert backoff.waiting(START + 3 * SECOND)
    assert not backoff.waiting(START + 4 * SECOND)
    backoff.succeeded()
    assert not backoff.failing
    assert backoff.failed(why, START) == SECOND


def test_patience_ends() -> None:
    backoff = Backoff(patience=10 * SECOND)
    backoff.failed(Unavailable("away"), START)
    with pytest.raises(Unavailable, match="away"):
        backoff.failed(Unavailable("away"), START + 10 * SECOND)
