"""The ledger on SQLite and PostgreSQL: its form, its moments, its locks."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.exc import StatementError

from infra.ledger.engine import address, lock_client, open_ledger, reading, writing
from infra.ledger.migrate import VERSION_TABLE, upgrade
from infra.ledger.models import AskRow, Base, Fact
from infra.ledger.scratch import scratch
from infra.settings import Settings
from schemas.errors import SettingError, Unavailable
from tests.ledger_fixture import EACH_DATABASE, new_database

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(params=EACH_DATABASE)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings with an empty ledger on each database."""
    if request.param == "sqlite":
        yield Settings(home=tmp_path, ledger_url=SecretStr(f"sqlite:///{tmp_path / 'sub' / 'ledger.db'}"))
        return
    with new_database() as url:
        yield Settings(home=tmp_path, ledger_url=SecretStr(url))


@pytest.fixture
def ledger(own: Settings) -> Iterator[Engine]:
    engine = upgrade(own)
    yield engine
    engine.dispose()


def ask(checkin: str, **given: object) -> AskRow:
    values: dict[str, object] = {
        "checkin_id": checkin, "programme": "p", "client_id": "c1", "state": "planned", "policy_version": "v",
    }  # fmt: skip
    return AskRow(**values | given)


def test_the_migrations_make_what_the_models_say(ledger: Engine) -> None:
    with ledger.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_again_changes_nothing(own: Settings, ledger: Engine) -> None:
    with writing(ledger) as session:
        session.add(Fact(name="kept", at=NOON))
    upgrade(own).dispose()
    with reading(ledger) as session:
        assert session.get(Fact, "kept") is not None


def test_many_may_upgrade_at_once(own: Settings) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            upgrade(own).dispose()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_ini_in_the_working_directory_is_read(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    monkeypatch.chdir(tmp_path)
    upgrade(own).dispose()


def test_a_ledger_of_a_newer_careloop_is_refused(own: Settings, ledger: Engine) -> None:
    with ledger.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(SettingError, match=r"CARELOOP_LEDGER_URL.*newer careloop"):
        upgrade(own)


def test_moments_go_in_aware_and_come_out_in_utc(ledger: Engine) -> None:
    plus_five_thirty = timezone(timedelta(hours=5, minutes=30))
    with writing(ledger) as session:
        session.add(Fact(name="at", at=NOON.astimezone(plus_five_thirty)))
    with reading(ledger) as session:
        found = session.get(Fact, "at")
        assert found is not None
        assert (found.at, found.at.tzinfo) == (NOON, UTC)
        assert session.scalar(select(func.count()).where(Fact.at < NOON + timedelta(microseconds=1))) == 1


def test_a_moment_without_an_offset_is_refused(ledger: Engine) -> None:
    with pytest.raises(StatementError, match="must carry an offset"), writing(ledger) as session:
        session.add(Fact(name="at", at=NOON.replace(tzinfo=None)))


def test_an_error_in_the_block_leaves_no_trace(ledger: Engine) -> None:
    def fails() -> None:
        with writing(ledger) as session:
            session.add(Fact(name="lost", at=NOON))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with reading(ledger) as session:
        assert session.get(Fact, "lost") is None


def test_what_is_looked_at_under_a_clients_lock_cannot_change_before_it_is_written(ledger: Engine) -> None:
    """Each of many looks how many asks the client has, and writes one more under that number."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(5):
                with writing(ledger) as session:
                    lock_client(session, "c1")
                    count = session.scalar(select(func.count()).select_from(AskRow))
                    session.add(ask(f"ask-{count}"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with reading(ledger) as session:
        assert session.scalar(select(func.count()).select_from(AskRow)) == 20


def test_a_scratch_copy_knows_all_and_leaves_no_trace(own: Settings, ledger: Engine) -> None:
    with writing(ledger) as session:
        session.add(ask("k1"))
    with scratch(own) as session:
        assert session.get(AskRow, "k1") is not None
        session.add(ask("k2"))
        session.flush()
    with reading(ledger) as session:
        assert session.scalars(select(AskRow.checkin_id)).all() == ["k1"]


def test_a_scratch_copy_of_a_ledger_that_is_not_there_is_empty_and_makes_none(own: Settings) -> None:
    with scratch(own) as session:
        assert session.scalars(select(AskRow)).all() == []
    if address(own).get_backend_name() == "sqlite":
        assert not Path(str(address(own).database)).exists()
    else:
        engine = open_ledger(own)
        assert inspect(engine).get_table_names() == []
        engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql://h/d", "oracle+nope://x"])
def test_an_address_that_cannot_be_used_names_its_setting(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="CARELOOP_LEDGER_URL"):
        open_ledger(Settings(home=tmp_path, ledger_url=SecretStr(url)))


def test_a_database_that_does_not_answer_is_unavailable_and_its_password_unsaid(tmp_path: Path) -> None:
    url = "postgresql+psycopg://careloop:hush-hush@127.0.0.1:1/ledger"
    with pytest.raises(Unavailable, match="CARELOOP_LEDGER_URL") as caught:
        upgrade(Settings(home=tmp_path, ledger_url=SecretStr(url)))
    assert "hush" not in str(caught.value)


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path / 'file' / 'ledger.db'}"
    with pytest.raises(SettingError, match="CARELOOP_LEDGER_URL: cannot make"):
        upgrade(Settings(home=tmp_path, ledger_url=SecretStr(url)))
