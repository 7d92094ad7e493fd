"""A new ledger sends nothing before it has read what was asked before."""

from sqlalchemy import Engine

from careloop.checkins import catch_up
from infra.ends import Ends
from infra.ledger.engine import writing
from infra.ledger.models import Position
from tests.careloop.checkins.making import NOON


def behind(ledger: Engine, ends: Ends, read: dict[str, int]) -> int:
    with writing(ledger) as session:
        for chain, upto in read.items():
            session.merge(Position(chain=chain, next=upto))
        left = catch_up.note(session, lambda: ends, NOON)
        assert catch_up.is_behind(session) == (left > 0)
        return left


def test_a_ledger_that_was_never_measured_is_behind(ledger: Engine) -> None:
    with writing(ledger) as session:
        assert catch_up.is_behind(session)


def test_an_empty_broker_leaves_nothing_to_wait_for(ledger: Engine) -> None:
    assert behind(ledger, {}, {}) == 0


def test_what_was_there_at_the_first_look_must_be_read_and_no_more(ledger: Engine) -> None:
    chain = "careloop.checkins/1/0"
    assert behind(ledger, {("careloop.checkins", 0): 10}, {}) == 1
    assert behind(ledger, {("careloop.checkins", 0): 25}, {chain: 9}) == 1
    assert behind(ledger, {("careloop.checkins", 0): 25}, {chain: 10}) == 0
    assert behind(ledger, {("careloop.checkins", 0): 99}, {}) == 0


def test_a_topic_that_was_made_anew_is_measured_in_its_newest_generation(ledger: Engine) -> None:
    assert behind(ledger, {("careloop.checkins", 0): 10}, {"careloop.checkins/1/0": 5}) == 1
    assert behind(ledger, {("careloop.checkins", 0): 4}, {"careloop.checkins/2/0": 3}) == 1
    assert behind(ledger, {("careloop.checkins", 0): 4}, {"careloop.checkins/2/0": 4}) == 0
