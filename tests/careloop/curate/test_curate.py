"""Curation on the real store: crash, repeat, duplicates, late copies, odd times, lost races."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from careloop.curate import HistoryManifest, curate, files, index, load, run
from careloop.curate.manifest import move
from infra import parquet
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import Conflict, SettingError
from schemas.events import Contact
from schemas.history import HISTORY
from schemas.keys import HISTORY_MANIFEST
from tests.careloop.told import answered, at, policy, resolved
from tests.landing_fixture import land

NOW = datetime(2025, 6, 20, tzinfo=UTC)
TICKETS = [resolved(f"t{n}", f"c{n}", at(days=n), product="cards") for n in range(6)]


def rows(
    bucket: Bucket, manifest: HistoryManifest, event: str = "ticket-resolved"
) -> list[dict[str, object]]:
    keys = [file.key for file in manifest.files if file.event == event]
    table = files.read_many(bucket, keys, HISTORY[event].arrow)
    return sorted(table.to_pylist(), key=lambda row: str(row["uid"]))


def test_a_repeated_event_is_one_row_and_one_duplicate(bucket: Bucket, settings: Settings) -> None:
    land(bucket, TICKETS + TICKETS[:2])
    history = curate(bucket, settings, policy(), NOW)
    assert (history.landed, history.curated, history.duplicates) == (8, 6, 2)
    land(bucket, TICKETS[3:])
    history = curate(bucket, settings, policy(), NOW)
    assert (history.landed, history.curated, history.duplicates) == (11, 6, 5)
    assert len(rows(bucket, history)) == 6


def test_nothing_new_changes_nothing(bucket: Bucket, settings: Settings) -> None:
    land(bucket, TICKETS)
    first = curate(bucket, settings, policy(), NOW)
    before = bucket.get(HISTORY_MANIFEST).etag
    assert curate(bucket, settings, policy(), NOW) == first
    assert bucket.get(HISTORY_MANIFEST).etag == before


def test_history_holds_no_raw_id_contact_or_address(bucket: Bucket, settings: Settings) -> None:
    secret = resolved(
        "TICKET-77",
        "client-77",
        at(),
        organisation_id="org-77",
        contact=Contact(email="anna@example.org"),
        summary="Anna asked again, anna@example.org or +49 30 1234567",
        title="words for the client",
    )
    land(
        bucket,
        [
            secret,
            answered("p", "client-77", 3, at(), note="mail me: anna@example.org", ticket_id="TICKET-77"),
        ],
    )
    history = curate(bucket, settings, policy(), NOW)
    for file in history.files:
        text = str(parquet.read(bucket.get(file.key).body).to_pylist())
        for raw in ("TICKET-77", "client-77", "org-77", "anna@", "1234567", "words for the client"):
            assert raw not in text
    [ticket], [answer] = rows(bucket, history), rows(bucket, history, "pulse-answered")
    assert ticket["client"] == answer["client"]
    assert ticket["ticket"] == answer["ticket"]
    assert ticket["summary"] == "Anna asked again, [email] or [phone]"


def test_a_late_copy_with_a_lower_position_takes_the_row_over(bucket: Bucket, settings: Settings) -> None:
    land(bucket, TICKETS[:1], partition=2)
    curate(bucket, settings, policy(), NOW)
    land(bucket, TICKETS[:1], partition=0)
    history = curate(bucket, settings, policy(), NOW)
    [row] = rows(bucket, history)
    assert (row["partition"], row["also_at"]) == (0, ["careloop.resolutions/1/2:0"])
    assert (history.landed, history.curated, history.duplicates) == (2, 1, 1)


def test_a_crash_before_the_manifest_moves_counts_nothing_twice(
    bucket: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(bucket, TICKETS)

    def crash(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run, "move", crash)
        with pytest.raises(KeyboardInterrupt):
            curate(bucket, settings, policy(), NOW)
    assert bucket.find(HISTORY_MANIFEST) is None
    history = curate(bucket, settings, policy(), NOW)
    assert (history.landed, history.curated, history.duplicates) == (6, 6, 0)
    assert len(rows(bucket, history)) == 6


def test_what_nobody_names_is_swept_after_a_day_and_what_is_named_stays(
    bucket: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(bucket, TICKETS[:2])
    with monkeypatch.context() as patched:
        patched.setattr(run, "move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            curate(bucket, settings, policy(), datetime.now(UTC))
    history = curate(bucket, settings, policy(), datetime.now(UTC))
    written = {entry.key for entry in bucket.scan("history/")}
    named = {HISTORY_MANIFEST, *(each.key for each in history.files), *(each.key for each in history.index)}
    assert named < written
    curate(bucket, settings, policy(), datetime.now(UTC) + timedelta(days=2))
    assert {entry.key for entry in bucket.scan("history/")} == named


def test_the_slower_of_two_curations_loses_and_changes_nothing(
    bucket: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(bucket, TICKETS)

    def overtaken(store: Bucket, manifest: HistoryManifest, etag: str | None) -> str:
        monkeypatch.undo()
        curate(bucket, settings, policy(), NOW)
        return move(store, manifest, etag)

    monkeypatch.setattr(run, "move", overtaken)
    with pytest.raises(Conflict):
        curate(bucket, settings, policy(), NOW)
    assert curate(bucket, settings, policy(), NOW).curated == 6


def test_small_batches_make_the_same_history(bucket: Bucket, settings: Settings) -> None:
    for number in range(0, 6, 2):
        land(bucket, TICKETS[number : number + 2] + TICKETS[:1], partition=number % 3)
    whole = curate(bucket, settings, policy(), NOW)
    expected = rows(bucket, whole)
    bucket.delete(HISTORY_MANIFEST)
    pieces = curate(bucket, settings, policy(), NOW, max_rows=1)
    assert pieces.counts == whole.counts
    assert [{**row, "also_at": None} for row in rows(bucket, pieces)] == [
        {**row, "also_at": None} for row in expected
    ]


def test_the_index_can_be_made_again_from_history(bucket: Bucket, settings: Settings) -> None:
    land(bucket, TICKETS)
    history = curate(bucket, settings, policy(), NOW)
    uids = [str(row["uid"]) for row in rows(bucket, history)]
    known = index.lookup(bucket, history, uids)
    assert len(known) == 6
    again = HistoryManifest(pseudonyms=history.pseudonyms, index=index.rebuild(bucket, history))
    assert index.lookup(bucket, again, uids) == known


@pytest.mark.parametrize("year", [1900, 9999])
def test_an_absurd_time_breaks_nothing(bucket: Bucket, settings: Settings, year: int) -> None:
    land(bucket, [resolved("t", "c", datetime(year, 12, 31, 23, 59, tzinfo=UTC))])
    history = curate(bucket, settings, policy(), NOW)
    assert [file.day.year for file in history.files] == [year]


def test_another_key_is_refused_before_it_splits_every_client_in_two(
    bucket: Bucket, settings: Settings
) -> None:
    land(bucket, TICKETS)
    curate(bucket, settings, policy(), NOW)
    other = settings.model_copy(update={"pseudonym_key": SecretStr("another")})
    with pytest.raises(SettingError, match="CARELOOP_PSEUDONYM_KEY"):
        curate(bucket, other, policy(), NOW)


def test_freshness_is_when_events_landed_not_when_they_happened(bucket: Bucket, settings: Settings) -> None:
    land(bucket, [resolved("t", "c", datetime(2016, 3, 1, tzinfo=UTC))])
    history = curate(bucket, settings, policy(), NOW)
    assert history.newest_landed is not None
    assert datetime.now(UTC) - history.newest_landed < timedelta(minutes=5)


def test_an_empty_landing_is_an_empty_history(bucket: Bucket, settings: Settings) -> None:
    history = curate(bucket, settings, policy(), NOW)
    assert history.files == ()
    assert history.landed == 0
    assert load(bucket, history.pseudonyms) == (history, None)
