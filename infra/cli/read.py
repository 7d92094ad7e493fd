"""``careloop read``: a published dataset, or the review, without knowing a bucket."""

import sys
import webbrowser
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from careloop.publish import reader, spreadsheet
from infra import parquet
from infra.cli.console import errors, out
from infra.cli.dataset_table import as_table, natural_width
from infra.local.session import embedded
from infra.objects import Bucket
from infra.settings import Settings
from schemas.errors import InputError
from schemas.tables import DATASETS

REVIEW = "review"
LISTED = 10
"""versions that are listed"""

Format = Literal["table", "csv", "parquet"]


def command(
    dataset: Annotated[
        str | None, typer.Argument(help="a dataset, or review; without it: what there is")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="table, csv or parquet")] = "table",
    version: Annotated[str | None, typer.Option(help="a version; the current one unless given")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="write here, not to the terminal")] = None,
    open_: Annotated[bool, typer.Option("--open", help="open the review in the browser")] = False,
) -> None:
    """A published dataset, or the review.

    Exit code 1: nothing is published yet. 2: there is no such dataset or version.
    """
    if dataset is not None and dataset != REVIEW and dataset not in DATASETS:
        raise InputError(f"there is no dataset {dataset!r}; there are {', '.join(DATASETS)}, and {REVIEW}")
    with embedded(Settings.load(), "s3") as settings:
        bucket = Bucket.open(settings)
        if dataset is None:
            _overview(bucket)
        elif dataset == REVIEW:
            _review(bucket, settings, version, out_file, open_)
        else:
            _dataset(reader.table(bucket, dataset, version), dataset, format_, out_file)


def _overview(bucket: Bucket) -> None:
    now = reader.latest(bucket)
    shown = Table(title=f"version {now.version}", title_justify="left", box=None, pad_edge=False)
    for name in ("dataset", "rows", "suppressed", "awaiting group", "a row is"):
        shown.add_column(name, justify="left" if name in ("dataset", "a row is") else "right")
    for name, dataset in DATASETS.items():
        counts = (now.rows.get(name, 0), now.suppressed.get(name, 0), now.awaiting.get(name, 0))
        shown.add_row(name, *(f"{count:,}" for count in counts), dataset.row)
    out.print(shown)
    out.print("\nversions, newest first:", highlight=False)
    for version in islice(reader.versions(bucket), LISTED):
        out.print(f"  {version}", highlight=False)


def _review(
    bucket: Bucket, settings: Settings, version: str | None, out_file: Path | None, open_: bool
) -> None:
    path = (out_file or settings.home / "review.html").resolve()
    _write(path, reader.file(bucket, "review.html", version))
    out.print(str(path), highlight=False, soft_wrap=True)
    if open_ and not webbrowser.open(path.as_uri()):
        errors.print("no browser could be opened here; open the file above in one", highlight=False)


def _dataset(table: pa.Table, name: str, format_: Format, out_file: Path | None) -> None:
    if format_ == "table" and out_file is None:
        shown = as_table(table, DATASETS[name])
        Console(width=max(out.width, natural_width(shown, out))).print(shown)
        return
    body = parquet.write(table) if format_ == "parquet" else spreadsheet.to_csv(table)
    if out_file is not None:
        _write(out_file, body)
    elif format_ == "parquet" and sys.stdout.isatty():
        raise InputError("parquet is not for a terminal; give --out FILE, or send the output to a file")
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
