"""A scratch copy of the ledger: to see what would happen, and leave no trace.

SQLite is copied into memory; on PostgreSQL the work happens in a transaction that is rolled back.
Used by the preview.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from infra.ledger.engine import BUSY_SECONDS, address, open_ledger, translated
from infra.ledger.migrate import upgrade_within
from infra.settings import Settings


@contextmanager
def scratch(settings: Settings) -> Iterator[Session]:
    """A session on a copy of the ledger (an empty one where there is none yet)."""
    url = address(settings)
    if url.get_backend_name() == "sqlite":
        with _in_memory(Path(str(url.database))) as connection, Session(bind=connection) as session:
            yield session
        return
    engine = open_ledger(settings)
    with translated(), engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        upgrade_within(connection)
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()
    engine.dispose()


@contextmanager
def _in_memory(file: Path) -> Iterator[Connection]:
    memory = sqlite3.connect(":memory:")
    try:
        if file.exists():
            source = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
            try:
                source.backup(memory)
            finally:
                source.close()
        engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
        with engine.connect() as connection:
            upgrade_within(connection)
            yield connection
            connection.rollback()
    finally:
        memory.close()
