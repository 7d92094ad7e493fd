"""Rows of a file, CSV or JSON lines, each with its line number; what is no row is refused with a reason.

A fault of the whole file (encoding, header, quoting) is an `InputError`; a fault of one row refuses
that row and goes on. Knows nothing of tickets.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.helpdesk.mapping import File
from schemas.errors import InputError

Progress = Callable[[int, int], None]
"""called with what is done and what there is, in the same unit"""


@dataclass(frozen=True)
class Row:
    """One row as written. ``values`` holds only the columns asked for; an absent one is not in it."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Refused:
    """One row that could not be used."""

    line: int
    reason: str
    written: str


@dataclass
class Sheet:
    """All of a file: the rows that can be used, and those that cannot."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return len(self.rows) + len(self.refused)


def read(path: Path, file: File, columns: Sequence[str], progress: Progress | None = None) -> Sheet:
    """Every row of ``path``, in memory: a ticket's rows may lie anywhere in the file."""
    try:
        size = path.stat().st_size
        with path.open(encoding=_encoding(file), newline="", errors="strict") as lines:
            told = _told(lines, size, progress)
            sheet = _csv(path, told, file, columns) if file.format == "csv" else _jsonl(told, columns)
    except UnicodeDecodeError:
        raise InputError(
            f"{path}, line {_undecodable(path, file)}: not written in {file.encoding}; say in the mapping's "
            "file.encoding how the file is written, such as latin-1"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not sheet.seen:
        raise InputError(f"{path}: the file has no rows")
    return sheet


def _encoding(file: File) -> str:
    """Excel begins its UTF-8 files with a byte order mark, which would hide the first column."""
    return "utf-8-sig" if file.encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else file.encoding


def _undecodable(path: Path, file: File) -> int:
    """The first line that is not in the encoding, as well as lines can be told in a wrong one."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode(file.encoding)
            except UnicodeDecodeError:
                return number
    return 1


def _told(lines: Iterator[str], size: int, progress: Progress | None) -> Iterator[str]:
    done = 0
    for number, line in enumerate(lines):
        done += len(line)
        if progress is not None and number % 500 == 0:
            progress(min(done, size), size)
        yield line
    if progress is not None:
        progress(size, size)


def _csv(path: Path, lines: Iterator[str], file: File, columns: Sequence[str]) -> Sheet:
    reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
    sheet, began = Sheet(), 1
    try:
        header = next(reader, None)
        places = _places(path, header, columns, file)
        began = reader.line_num + 1
        for cells in reader:
            if not cells:
                pass
            elif header is not None and len(cells) != len(header):
                reason = f"{len(cells)} cells where the header has {len(header)}"
                sheet.refused.append(Refused(began, reason, file.delimiter.join(cells)))
            else:
                sheet.rows.append(Row(began, {name: cells[place] for name, place in places.items()}))
            began = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}, line {began}: not CSV from here on: {error}; mend the quotes of this row"
        ) from None
    return sheet


def _places(path: Path, header: list[str] | None, columns: Sequence[str], file: File) -> dict[str, int]:
    if header is None:
        raise InputError(f"{path}: the file is empty; the first line should name the columns")
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(
            f"{path}: the mapping names the column {missing[0]!r} and the file has none; split by "
            f"{file.delimiter!r} its columns are: {', '.join(header)[:300]}"
        )
    twice = [name for name in columns if header.count(name) > 1]
    if twice:
        raise InputError(
            f"{path}: the column {twice[0]!r} appears {header.count(twice[0])} times; rename all but one"
        )
    return {name: header.index(name) for name in columns}


def _jsonl(lines: Iterator[str], columns: Sequence[str]) -> Sheet:
    sheet = Sheet()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            sheet.refused.append(Refused(number, f"not JSON: {error}", line.rstrip("\n")))
            continue
        found = {name: _text(_at(document, name)) for name in columns}
        sheet.rows.append(Row(number, {name: text for name, text in found.items() if text is not None}))
    return sheet


def _at(document: Any, path: str) -> Any:
    """The value under a dotted path; a key that holds the dots itself comes first."""
    if isinstance(document, dict) and path in document:
        return document[path]
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else json.dumps(value)
