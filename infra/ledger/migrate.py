"""Brings the ledger's tables to the present form. Safe to call at every start, by any number at once.

The migrations ship inside the package and run in one transaction under a lock; no ``alembic.ini`` is
read, whatever the working directory.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import make_url

from infra.ledger.engine import address, open_ledger, translated
from infra.settings import Settings
from schemas.errors import SettingError

VERSION_TABLE = "careloop_ledger_version"
_LOCK = 7_231_004_110
"""names the advisory lock on PostgreSQL; any constant will do"""


def upgrade(settings: Settings) -> Engine:
    """The ledger's engine, its tables in the present form."""
    url = address(settings)
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        _make_folder(Path(str(make_url(url).database)))
    engine = open_ledger(settings)
    with translated(), engine.begin() as connection:
        upgrade_within(connection)
    return engine


def upgrade_within(connection: Connection) -> None:
    """The same inside a transaction that the caller ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    present = _present(connection)
    if present == script.get_current_head():
        return
    if present is not None and present not in {revision.revision for revision in script.walk_revisions()}:
        raise SettingError(
            f"CARELOOP_LEDGER_URL: a newer careloop made this ledger (form {present}); upgrade careloop"
        )
    command.upgrade(config, "head")


def _present(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"CARELOOP_LEDGER_URL: cannot make {file.parent}: {error.strerror}") from None
