"""Tables as Parquet bytes: the same bytes for the same rows, and no thread that outlives a read."""

import subprocess
import sys

import pyarrow as pa
import pytest

from infra import parquet

TABLE = pa.table({"offset": [1, 2, 3], "note": ["kind", None, "späť"]})


def test_what_was_written_is_read() -> None:
    assert parquet.read(parquet.write(TABLE)).equals(TABLE)
    assert parquet.write(TABLE) == parquet.write(TABLE.slice(0))


def test_only_columns_that_are_there_are_read() -> None:
    assert parquet.read(parquet.write(TABLE), columns=["offset", "gone"]).column_names == ["offset"]


@pytest.mark.parametrize("keep", [0, 3, 60, -1])
def test_a_torn_file_raises(keep: int) -> None:
    with pytest.raises((pa.ArrowException, OSError)):
        parquet.read(parquet.write(TABLE)[:keep])


def test_reading_starts_no_thread_that_could_outlive_the_process() -> None:
    code = (
        "import psutil, pyarrow as pa; from infra import parquet;"
        "table = pa.table({f'c{n}': list(range(1000)) for n in range(20)});"
        "body = parquet.write(table);"
        "before = psutil.Process().num_threads();"
        "parquet.read(body);"
        "print(psutil.Process().num_threads() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
