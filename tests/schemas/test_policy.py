"""A policy a person wrote is read, or refused with the line and the mend."""

from datetime import timedelta

import pytest

from schemas.errors import InputError
from schemas.policy import parse

GOOD = """\
version: 1
organisation:
  name: Acme
  time_zone: Europe/Berlin
programmes:
  after-resolution:
    delay: 24h
"""


def test_a_policy_is_versioned_by_the_bytes_as_written() -> None:
    policy, version = parse(GOOD, where="p.yaml")
    assert policy.programmes["after-resolution"].delay == timedelta(hours=24)
    assert version == parse(GOOD, where="elsewhere.yaml")[1]
    assert version != parse(GOOD + "paused: true\n", where="p.yaml")[1]


def test_a_new_policy_only_previews() -> None:
    assert parse(GOOD, where="p.yaml")[0].live_from is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("delay: 24h", "delay: 24x"), "line 7.*24x"),
        (("delay: 24h", "dealy: 24h"), "dealy"),
        (("Europe/Berlin", "Europe/Berlni"), "organisation.time_zone.*Berlni"),
        (("version: 1", "version: 2"), "line 1"),
        (("name: Acme", "name: [Acme"), "line 4.*YAML"),
        (("version: 1", "version: 1\nlive_from: 2026-01-31T09:00:00"), "live_from needs an offset"),
        (("version: 1", "version: 1\nprivacy: {min_clients: 3}"), "min_clients"),
    ],
)
def test_a_misprint_is_refused_with_what_and_where(change: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        parse(GOOD.replace(*change), where="p.yaml")
    assert str(refused.value).startswith("p.yaml")
    assert "\n" not in str(refused.value)
