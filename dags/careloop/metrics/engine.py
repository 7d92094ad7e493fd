"""The SQL engine of the aggregates: tables in, statements from .sql files, tables out.

DuckDB in memory by default; the SQL keeps to the subset that it shares with Spark SQL. Nothing is read
from the network: extensions are neither installed nor loaded. Called by `careloop.metrics.aggregate`.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

_SQL = Path(__file__).with_name("sql")
_OFFLINE: dict[str, str | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,
}


class Engine:
    """One in-memory database."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config=dict(_OFFLINE))

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def put(self, name: str, table: pa.Table) -> None:
        """Make ``table`` known under ``name``, in place of what had the name."""
        self._connection.register("_incoming", table)
        self._connection.execute(f"create or replace table {name} as select * from _incoming")
        self._connection.unregister("_incoming")

    def make(self, name: str, file: str | None = None) -> None:
        """Make the table ``name`` by the statement in ``<file or name>.sql``."""
        statement = (_SQL / f"{file or name}.sql").read_text(encoding="utf-8")
        self._connection.execute(f"create or replace table {name} as {statement}")

    def ask(self, statement: str) -> pa.Table:
        return self._connection.sql(statement).to_arrow_table()

    def table(self, name: str) -> pa.Table:
        return self.ask(f"select * from {name}")
