"""Ledgers of a test's own on each database. For tests of what lives in the ledger."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

POSTGRES = "CARELOOP_TEST_POSTGRES_URL"
"""where the release gate's PostgreSQL is; each test gets a database of its own in it"""

# read at import: every test's environment is swept clean of CARELOOP_ variables
_SERVER = os.environ.get(POSTGRES)

EACH_DATABASE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.release)]


@contextmanager
def new_database() -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped at the end; a missing server is a failure."""
    if _SERVER is None:
        pytest.fail(f"the release gate needs {POSTGRES}", pytrace=False)
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    server = create_engine(_SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
