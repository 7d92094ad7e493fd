"""The policy in force: a new one counts at the next run, a broken one changes nothing."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from careloop import policies
from infra.objects import Bucket
from infra.settings import Settings
from schemas import keys
from schemas.errors import InputError
from tests.careloop.checkins.making import NOON, text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def load(settings: Settings, bucket: Bucket, file: Path | None) -> tuple[object, str]:
    return policies.load(settings.model_copy(update={"policy_file": file}), bucket, NOON)


def test_without_a_file_the_policy_that_ships_only_previews(settings: Settings, bucket: Bucket) -> None:
    policy, version = policies.load(settings, bucket, NOON)
    assert policy.live_from is None
    assert bucket.get(keys.policy(version)).body == policies.DEFAULT.read_bytes()


def test_a_new_policy_counts_at_once_and_the_old_one_is_kept(
    settings: Settings, bucket: Bucket, file: Path
) -> None:
    file.write_text(text(cooldown="30d"))
    _, first = load(settings, bucket, file)
    file.write_text(text(cooldown="60d"))
    _, second = load(settings, bucket, file)
    in_force = policies.current(bucket)
    assert in_force is not None
    assert in_force[1] == second != first
    assert in_force[0].cooldown == timedelta(days=60)
    assert bucket.head(keys.policy(first)) is not None


@pytest.mark.parametrize("wrong", ["version: [", text(cooldown="soon"), text(delay="9d"), "", "\x00"])
def test_a_broken_policy_changes_nothing_and_the_log_names_the_line(
    settings: Settings, bucket: Bucket, file: Path, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(text())
    good = load(settings, bucket, file)
    file.write_text(wrong)
    with caplog.at_level(logging.ERROR):
        assert load(settings, bucket, file) == good
    assert "policy.yaml" in caplog.text
    if "soon" in wrong:
        assert "line 7" in caplog.text


def test_a_policy_that_vanished_changes_nothing(settings: Settings, bucket: Bucket, file: Path) -> None:
    file.write_text(text())
    good = load(settings, bucket, file)
    file.unlink()
    assert load(settings, bucket, file) == good


def test_a_first_policy_that_is_broken_is_an_error(settings: Settings, bucket: Bucket, file: Path) -> None:
    file.write_text("version: 2")
    with pytest.raises(InputError, match=r"policy\.yaml"):
        load(settings, bucket, file)
    assert policies.current(bucket) is None


def test_reading_stores_nothing(settings: Settings, bucket: Bucket) -> None:
    policies.read(settings)
    assert list(bucket.scan("policy/")) == []
