"""History's files: read, and written under names that are never used twice.

They are written before the manifest names them; what a crash or the loser of two curations leaves is
removed by `careloop.curate.sweep`, which a name used again could mislead.
"""

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pyarrow as pa

from infra import parquet
from infra.objects import Bucket
from schemas import keys

_THREADS = 8


def unique_name() -> str:
    return uuid.uuid4().hex


def write_day(bucket: Bucket, event: str, day: date, table: pa.Table) -> str:
    """Write one event type's rows of one day; returns the key."""
    body = parquet.write(table)
    key = keys.history(event, day, unique_name())
    bucket.put(key, body, content_type=parquet.MEDIA_TYPE)
    return key


def read_many(bucket: Bucket, wanted: Sequence[str], schema: pa.Schema) -> pa.Table:
    """The rows of several files, in the order of the keys given."""
    if not wanted:
        return _all_nullable(schema).empty_table()
    with ThreadPoolExecutor(_THREADS) as pool:
        tables = list(pool.map(lambda key: read(bucket, key, schema), wanted))
    return pa.concat_tables(tables)


def read(bucket: Bucket, key: str, schema: pa.Schema) -> pa.Table:
    """One file's rows in ``schema``; a column that it was written without is null."""
    table = parquet.read(bucket.get(key).body)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=_all_nullable(schema))


def _all_nullable(schema: pa.Schema) -> pa.Schema:
    """An old file may lack a column, so what is read promises no values."""
    return pa.schema([field.with_nullable(True) for field in schema])


def write_many(jobs: Iterable[tuple[Bucket, str, date, pa.Table]]) -> list[str]:
    """`write_day` for each job, several at a time; raises the first error after all have ended."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda job: write_day(*job), jobs))
