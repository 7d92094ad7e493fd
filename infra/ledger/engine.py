"""How the ledger is reached: SQLite (WAL) by default, PostgreSQL in production.

`reading` and `writing` are the only two ways to get a session. On SQLite a writing transaction takes
the write lock at its start, so that "look, then write" cannot be interleaved; on PostgreSQL the same
is had, client by client, from `lock_client`.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from infra.settings import Settings
from schemas.errors import SettingError, Unavailable

BUSY_SECONDS = 30
_READ_ONLY = "careloop_read_only"


def open_ledger(settings: Settings) -> Engine:
    """The engine of the ledger; its tables are made by `infra.ledger.migrate.upgrade`."""
    url = address(settings)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
    raise SettingError(
        f"CARELOOP_LEDGER_URL: {url.get_backend_name()} is not supported; use sqlite:///… or postgresql+psycopg://…"
    )


def address(settings: Settings) -> URL:
    """The ledger's address; unset it is a SQLite file under home."""
    given = settings.ledger_url
    if given is None:
        return URL.create("sqlite", database=str(settings.home / "ledger.db"))
    try:
        url = make_url(given.get_secret_value())
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingError(
            "CARELOOP_LEDGER_URL: not a SQLAlchemy URL, such as postgresql+psycopg://…"
        ) from error
    return url


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads, from one consistent view."""
    with (
        translated(),
        engine.connect().execution_options(**{_READ_ONLY: True}) as connection,
        Session(bind=connection, autoflush=False) as session,
    ):
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back on any error."""
    with (
        translated(),
        engine.begin() as connection,
        Session(bind=connection, expire_on_commit=False) as session,
    ):
        yield session
        session.flush()


def lock_client(session: Session, client_id: str) -> None:
    """Until the transaction ends no other sender decides about this client.

    SQLite's writing transaction already excludes everyone else.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _sqlite(url: URL) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    # Parameters are hidden from error messages: addresses and names are among them, and logs are read.
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # transactions begin below, not at the driver's pleasure
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        if not in_memory:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")  # a claim must survive a power cut

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def translated() -> Iterator[None]:
    """The database's refusals as ours, on one line."""
    try:
        yield
    except OperationalError as error:
        # The driver's words may hold host and user, never the password.
        said = " ".join(str(error.orig).split())
        raise Unavailable(f"the ledger (CARELOOP_LEDGER_URL) does not answer: {said}") from error
