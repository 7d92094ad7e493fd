"""The month's prompt is put into force once, whoever runs how often."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from careloop.prompts import catalogue, current
from careloop.prompts.rotate import rotate
from infra.objects import Bucket
from schemas import keys
from schemas.errors import InputError, Unavailable
from schemas.events import PromptRotated
from tests.careloop.checkins.making import Publishing, policy

JUNE = datetime(2025, 6, 2, 12, tzinfo=UTC)
JULY = datetime(2025, 7, 2, 12, tzinfo=UTC)


def test_the_first_run_of_a_month_rotates_and_the_others_find_it_done(bucket: Bucket) -> None:
    publishing = Publishing()
    first = rotate(bucket, publishing, policy(), JUNE)
    assert rotate(bucket, publishing, policy(), JUNE + timedelta(hours=1)) == first
    assert current(bucket) == first
    [event] = publishing.acknowledged
    assert event.decoded() == PromptRotated(
        month="2025-06", prompt_id=first.prompt_id, rotated_at=JUNE, catalogue_version=first.catalogue_version
    )
    assert bucket.get(keys.catalogue(first.catalogue_version)).body == catalogue.SHIPPED.read_bytes()
    second = rotate(bucket, publishing, policy(), JULY)
    assert (second.month, second.prompt_id != first.prompt_id) == ("2025-07", True)
    assert len(publishing.acknowledged) == 2


def test_the_month_is_the_organisations(bucket: Bucket) -> None:
    eve = datetime(2025, 6, 30, 23, tzinfo=UTC)
    rules = policy()
    from msgspec.structs import replace

    berlin = replace(rules, organisation=replace(rules.organisation, time_zone="Europe/Berlin"))
    assert rotate(bucket, Publishing(), berlin, eve).month == "2025-07"


def test_a_crash_before_it_counts_says_it_again_under_the_same_id(bucket: Bucket) -> None:
    publishing = Publishing()

    class Broken(Bucket):
        def create(self, *_: object, **__: object) -> str:
            raise Unavailable("S3 is away")

    with pytest.raises(Unavailable):
        rotate(Broken(bucket._s3, bucket.name), publishing, policy(), JUNE)
    assert current(bucket) is None
    rotate(bucket, publishing, policy(), JUNE + timedelta(hours=1))
    assert len({event.id for event in publishing.acknowledged}) == 1


def test_without_kafka_the_old_prompt_stays(bucket: Bucket) -> None:
    first = rotate(bucket, Publishing(), policy(), JUNE)
    with pytest.raises(Unavailable):
        rotate(bucket, Publishing(failing=Unavailable("no broker")), policy(), JULY)
    assert current(bucket) == first


def test_a_wrong_catalogue_leaves_the_old_prompt(bucket: Bucket, tmp_path: Path) -> None:
    first = rotate(bucket, Publishing(), policy(), JUNE)
    wrong = tmp_path / "catalogue.yaml"
    wrong.write_text("prompts: [")
    with pytest.raises(InputError, match=r"catalogue\.yaml, line"):
        rotate(bucket, Publishing(), policy(), JULY, path=wrong)
    assert current(bucket) == first


def test_a_pinned_prompt_stays_for_its_month(bucket: Bucket) -> None:
    first = rotate(bucket, Publishing(), policy(), JUNE)
    other = next(p.id for p in catalogue.read()[0].prompts if p.id != first.prompt_id)
    assert rotate(bucket, Publishing(), policy(), JUNE, pinned=other).prompt_id == other
    assert rotate(bucket, Publishing(), policy(), JUNE + timedelta(hours=1)).prompt_id == other
    with pytest.raises(InputError, match="not in the catalogue"):
        rotate(bucket, Publishing(), policy(), JUNE, pinned="nope")


def test_better_words_count_at_once_and_are_no_rotation(bucket: Bucket, tmp_path: Path) -> None:
    first = rotate(bucket, Publishing(), policy(), JUNE)
    better = tmp_path / "catalogue.yaml"
    better.write_text(catalogue.SHIPPED.read_text().replace(first.words["en"], "Better words?"))
    publishing = Publishing()
    second = rotate(bucket, publishing, policy(), JUNE + timedelta(hours=1), path=better)
    assert (second.prompt_id, second.words["en"]) == (first.prompt_id, "Better words?")
    assert second.rotated_at == first.rotated_at
    assert publishing.acknowledged == []


def test_two_rotations_at_once_agree(bucket: Bucket) -> None:
    class Late(Bucket):
        """Finds nothing, and then loses the race."""

        raced = False

        def create(self, key: str, *args: object, **kwargs: object) -> str:
            if not self.raced:
                self.raced = True
                rotate(Bucket(self._s3, self.name), Publishing(), policy(), JUNE)
            return super().create(key, *args, **kwargs)  # type: ignore[arg-type]

    mine = rotate(Late(bucket._s3, bucket.name), Publishing(), policy(), JUNE + timedelta(minutes=1))
    assert mine == current(bucket)
    assert mine.rotated_at == JUNE
