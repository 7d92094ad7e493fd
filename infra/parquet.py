"""Tables as Parquet bytes and back. Called by every room that keeps or reads objects.

``pyarrow.parquet.read_table`` reads a file object by threads of its own, which may let go of that object
after it has returned: where the interpreter ends at that moment, the process is aborted ("terminate called
without an active exception"; pyarrow 26.0: 42 of 240 short processes on two busy cores). `read` stays on
the calling thread.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

MEDIA_TYPE = "application/vnd.apache.parquet"


def write(table: pa.Table) -> bytes:
    """A Parquet file: the same bytes for the same table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    body: bytes = sink.getvalue().to_pybytes()
    return body


def read(body: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a Parquet file, or those ``columns`` of it that it has.

    Raises `pyarrow.ArrowException` or `OSError` where ``body`` is no whole Parquet file.
    """
    with pq.ParquetFile(pa.BufferReader(body)) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)
