"""Object keys sort as offsets and times do, and are read back as written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import keys
from schemas.keys import ChainId

OFFSETS = st.integers(0, 2**63 - 1)


@given(st.sampled_from(["careloop.resolutions", "t"]), st.integers(0, 9999), st.integers(0, 9999), OFFSETS)
def test_a_landing_key_is_read_back_as_written(
    topic: str, generation: int, partition: int, first: int
) -> None:
    chain = ChainId(topic, generation, partition)
    assert keys.parse_landing(chain.landing(first)) == (chain, first)


@given(OFFSETS, OFFSETS)
def test_landing_keys_sort_as_their_offsets_do(a: int, b: int) -> None:
    chain = ChainId("t", 0, 0)
    assert (chain.landing(a) < chain.landing(b)) == (a < b)


@pytest.mark.parametrize("key", ["landing/t/0/0/1.parquet", "landing/t/0/0/x", "history/a.parquet", ""])
def test_any_other_key_is_not_mistaken_for_landing(key: str) -> None:
    with pytest.raises(ValueError, match="not a landing key"):
        keys.parse_landing(key)


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_versions_sort_by_the_time_they_started(start: int, later: int) -> None:
    first = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    assert keys.version(first, "f" * 64) < keys.version(first + timedelta(seconds=later), "0" * 64)
