"""A version is published whole or not at all; a bad one is held; whoever reads, sees one version."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from careloop.publish import pointer, publish, reader, record, steps, version
from expectations.verdict import Finding, Verdict
from infra.objects import Bucket
from infra.settings import Settings
from schemas import keys
from schemas.errors import CareloopError, Conflict, Held, InputError
from schemas.tables import DATASETS
from tests.version_fixture import EFFORT, NOW, tables

Figures = Callable[..., None]
PASSED = Verdict((Finding("effort", "key-is-unique", "A row is one.", "critical", "kind", met=True),))


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that passes all, for tests about what comes after it."""
    monkeypatch.setattr(steps, "check", lambda *_: PASSED)


class Crash(Exception):
    """The process is gone."""


class Crashing:
    """A bucket whose process dies at its ``at``-th write, before or after the write."""

    def __init__(self, bucket: Bucket, at: int, after: bool) -> None:
        self._bucket, self._left, self._after = bucket, at, after

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._bucket, name)
        return self._counted(inner) if name in ("create", "put", "replace", "delete") else inner

    def _counted(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Crash
            result = write(*given, **named)
            if self._left == 0:
                raise Crash
            return result

        return call


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _staged(settings: Settings, bucket: Bucket, now: datetime) -> str:
    """A run that is ready to be released."""
    run = steps.begin(bucket, now)
    steps.curate(bucket, settings, run)
    steps.aggregate(bucket, run)
    steps.gate(bucket, run)
    return run


def _assert_whole(bucket: Bucket) -> str:
    """What readers see is one whole version: every file is there, as its manifest says."""
    manifest = reader.latest(bucket)
    for name, entry in manifest.files.items():
        body = bucket.get(keys.published(manifest.version, name)).body
        assert hashlib.sha256(body).hexdigest() == entry.sha256, name
        assert len(body) == entry.bytes
    return manifest.version


def test_a_good_version_is_published_with_all_its_files(
    settings: Settings, landed: Bucket, figures: Figures
) -> None:
    heard: list[str] = []
    published = publish(settings, landed, _at(NOW), reason=None, progress=heard.append)
    assert published.new
    assert heard == ["curate", "aggregate", "gate", "publish"]
    assert _assert_whole(landed) == published.version
    manifest = reader.latest(landed)
    wanted = {f"{name}.{kind}" for name in DATASETS for kind in ("parquet", "csv")}
    assert set(manifest.files) == wanted | {"review.html", "dictionary.json", "dictionary.md"}
    assert manifest.positions == {"careloop.resolutions/1/0": 120}
    assert manifest.suppressed["effort"] == 1
    assert reader.table(landed, "effort").equals(tables()["effort"])
    page = landed.get(published.quality).body.decode()
    assert "This version passed" in page


def test_a_bad_version_is_held_and_readers_keep_the_last_one(
    settings: Settings, landed: Bucket, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(steps, "check", lambda *_: PASSED)
        publish(settings, landed, _at(NOW))
    before = landed.get(keys.LATEST).body
    bad = tables()
    bad["effort"] = tables({**EFFORT, "billing": ((140, 5.9), (150, 8.4))})["effort"]
    figures(bad)
    with pytest.raises(Held) as held:
        publish(settings, landed, _at(NOW + timedelta(hours=1)))
    assert landed.get(keys.LATEST).body == before
    page = landed.get(held.value.page).body.decode()
    assert held.value.page in str(held.value)
    assert "mean-inside-the-scale" in page
    assert "On CES 2.0, mean lies between 1 and 7." in page
    assert "billing" in page
    assert "8.4" in page
    result = json.loads(landed.get(held.value.page.replace("index.html", "result.json")).body)
    assert result["held"]
    assert next(each for each in result["findings"] if each["expectation"] == "mean-inside-the-scale")["rows"]


def test_what_changed_nothing_is_not_published_again(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    first = publish(settings, landed, _at(NOW))
    before = landed.get(keys.LATEST).body
    again = publish(settings, landed, _at(NOW + timedelta(hours=1)))
    assert (again.new, again.version) == (False, first.version)
    assert landed.get(keys.LATEST).body == before
    assert landed.children(keys.PUBLISHED) == [first.version]


def test_versions_follow_each_other_and_earlier_ones_stay_as_they_were(
    settings: Settings, landed: Bucket, figures: Figures, passing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "LINEAGE", 2)
    made = []
    for size in range(1, 6):
        figures(tables(times=size))
        made.append(publish(settings, landed, _at(NOW + timedelta(hours=size))).version)
    assert list(reader.versions(landed)) == made[::-1]
    for size, name in enumerate(made, start=1):
        assert reader.table(landed, "asks", name).equals(tables(times=size)["asks"])
    assert reader.latest(landed).previous == made[-2]


def test_of_two_publishers_at_once_one_wins_and_the_other_leaves_nothing(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    publish(settings, landed, _at(NOW))
    figures(tables(times=2))
    slow = _staged(settings, landed, NOW + timedelta(hours=1))
    figures(tables(times=3))
    quick = _staged(settings, landed, NOW + timedelta(hours=1))
    won = steps.release(landed, quick)
    with pytest.raises(Conflict, match=won.version):
        steps.release(landed, slow)
    assert _assert_whole(landed) == won.version
    assert set(landed.children(keys.PUBLISHED)) == set(reader.versions(landed))


def test_of_two_first_publishers_one_wins(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    slow = _staged(settings, landed, NOW)
    figures(tables(times=3))
    quick = _staged(settings, landed, NOW)
    won = steps.release(landed, quick)
    with pytest.raises(Conflict):
        steps.release(landed, slow)
    assert _assert_whole(landed) == won.version


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_write_leaves_readers_one_whole_version_and_the_retry_finishes(
    after: bool,
    settings: Settings,
    landed: Bucket,
    figures: Figures,
    passing: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(version.review, "page", lambda *_: b"<!doctype html>")
    first = publish(settings, landed, _at(NOW)).version
    figures(tables(times=2))
    run = _staged(settings, landed, NOW + timedelta(hours=1))
    seen = []
    for at in range(1, 100):
        try:
            published = steps.release(Crashing(landed, at, after), run)  # type: ignore[arg-type]
        except Crash:
            seen.append(_assert_whole(landed))
        else:
            break
    assert published.new
    assert len(seen) >= len(DATASETS) * 2
    assert seen == sorted(seen)
    assert set(seen) <= {first, published.version}
    assert _assert_whole(landed) == published.version


def test_a_retry_after_a_newer_version_does_not_remove_what_was_published(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    run = _staged(settings, landed, NOW)
    first = steps.release(landed, run)
    figures(tables(times=2))
    second = publish(settings, landed, _at(NOW + timedelta(hours=1)))
    assert steps.release(landed, run).version == first.version
    assert list(reader.versions(landed)) == [second.version, first.version]
    assert reader.table(landed, "asks", first.version).num_rows


def test_a_step_whose_predecessor_has_not_run_says_so(bucket: Bucket) -> None:
    run = steps.begin(bucket, NOW)
    with pytest.raises(CareloopError, match="the step before this one has not run"):
        steps.aggregate(bucket, run)


def test_a_version_without_its_memory_of_waiting_events_stops_the_next_one(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    first = publish(settings, landed, _at(NOW))
    landed.delete(keys.waiting(first.version))
    with pytest.raises(CareloopError, match="restore it"):
        publish(settings, landed, _at(NOW + timedelta(hours=1)))


def test_the_reason_is_kept_with_the_version(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    publish(settings, landed, _at(NOW), reason="reopens are counted anew")
    assert reader.latest(landed).reason == "reopens are counted anew"


def test_unknown_datasets_and_versions_are_named_in_one_line(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    with pytest.raises(CareloopError, match="nothing is published yet"):
        reader.latest(landed)
    publish(settings, landed, _at(NOW))
    with pytest.raises(InputError, match="no dataset 'efforts'; there are volumes, effort"):
        reader.table(landed, "efforts")
    with pytest.raises(InputError, match="no version 2020"):
        reader.table(landed, "effort", "2020")


def test_a_cell_that_a_spreadsheet_would_run_is_text(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    hostile = dict.fromkeys(('=cmd|" /C calc"!A0', "+1", "-1", "@x", "\tx", " =1", "ok"), EFFORT["billing"])
    figures(tables(hostile))
    publish(settings, landed, _at(NOW))
    text = reader.file(landed, "effort.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    members = {row["member"] for row in rows}
    assert "ok" in members
    assert not [each for each in members if each.strip(" ")[0] in "=+-@\t"]
    assert {row["mean"] for row in rows if row["status"] == "suppressed"} == {""}


def test_old_staged_runs_are_swept_and_young_ones_kept(bucket: Bucket) -> None:
    old, young = steps.begin(bucket, NOW - timedelta(days=31)), steps.begin(bucket, NOW - timedelta(days=2))
    record.sweep(bucket, NOW)
    assert bucket.children(keys.STAGING) == [young]
    assert old != young


def test_the_pointer_names_its_version(
    settings: Settings, landed: Bucket, figures: Figures, passing: None
) -> None:
    published = publish(settings, landed, _at(NOW))
    found = pointer.current(landed)
    assert found is not None
    assert found[0].version == published.version
    assert landed.head(found[0].manifest) is not None
