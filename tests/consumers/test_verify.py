"""`careloop verify` finds what is missing, what is there twice, and what is not what it says."""

import pytest

from consumers.verify import verify
from infra import landing
from infra.clock import utc_now
from infra.objects import Bucket
from schemas.errors import ChainBroken
from schemas.keys import ChainId, generation_marker
from tests.consumers.making import TOPIC, reopened
from tests.landing_fixture import land

CHAIN = ChainId(TOPIC, 1, 0)


@pytest.fixture
def landed(bucket: Bucket) -> Bucket:
    """Three ranges of ten events each: [0, 10), [10, 20), [20, 30)."""
    for begin in (0, 10, 20):
        land(bucket, [reopened(number) for number in range(begin, begin + 10)])
    return bucket


def test_a_whole_chain_is_sound(landed: Bucket) -> None:
    report = verify(landed, utc_now())
    (chain,) = report.chains
    assert report.sound
    assert (chain.first, chain.next, chain.ranges, chain.rows, chain.refused) == (0, 30, 3, 30, 0)


def test_repeated_events_are_counted_and_are_no_fault(landed: Bucket) -> None:
    land(landed, [reopened(3), reopened(4), reopened(99)])
    report = verify(landed, utc_now())
    assert (report.sound, report.repeated) == (True, 2)


@pytest.mark.parametrize(("first", "gap"), [(0, "[0, 10) is missing"), (10, "[10, 20) is missing")])
def test_a_removed_object_is_a_gap(landed: Bucket, first: int, gap: str) -> None:
    landed.delete(CHAIN.landing(first))
    report = verify(landed, utc_now())
    assert not report.sound
    assert report.chains[0].gaps == [gap]
    with pytest.raises(ChainBroken):
        list(landing.read_new(landed, {}))


def test_a_forged_object_is_an_overlap(landed: Bucket) -> None:
    land(landed, [reopened(number) for number in range(15, 18)], first=15)
    report = verify(landed, utc_now())
    assert report.chains[0].overlaps == ["[15, 20) is in two ranges"]
    assert not report.sound


def test_an_object_that_is_not_what_its_metadata_says_is_damaged(landed: Bucket) -> None:
    stored = landed.get(CHAIN.landing(10))
    landed.put(stored.key, landed.get(CHAIN.landing(20)).body, stored.metadata)
    assert "outside" in verify(landed, utc_now()).chains[0].damaged[0]
    landed.put(stored.key, b"PAR1 torn", stored.metadata)
    assert "not readable" in verify(landed, utc_now()).chains[0].damaged[0]
    landed.put(stored.key, stored.body)
    assert "metadata" in verify(landed, utc_now()).chains[0].damaged[0]


def test_dead_letters_that_a_range_names_must_be_there(bucket: Bucket) -> None:
    (link,) = land(bucket, [reopened(1)])
    stored = bucket.get(link.key)
    named = {**stored.metadata, "refused": "2", "dead-letters": CHAIN.dead_letters(0, "gone")}
    bucket.put(link.key, stored.body, named)
    assert "missing" in verify(bucket, utc_now()).chains[0].damaged[0]


def test_a_bucket_without_ranges_has_no_chains(bucket: Bucket) -> None:
    bucket.create(generation_marker(TOPIC, 2), b"{}")
    assert verify(bucket, utc_now()).chains == []


def test_what_is_new_since_a_position_is_read_in_order(landed: Bucket) -> None:
    seen = {str(CHAIN): 20}
    land(landed, [], topic=TOPIC)
    ranges = list(landing.read_new(landed, seen))
    assert [(one.first, one.next, one.table.num_rows) for one in ranges] == [(20, 30, 10), (30, 31, 0)]
    assert landing.positions(landed) == {str(CHAIN): 31}
    assert list(landing.read_new(landed, landing.positions(landed))) == []


def test_generations_are_read_oldest_first(landed: Bucket) -> None:
    land(landed, [reopened(5)], generation=2)
    land(landed, [reopened(6)], generation=10)
    assert [one.chain.generation for one in landing.read_new(landed, {})] == [1, 1, 1, 2, 10]
    assert landing.current_generation(landed, TOPIC) == 10
