"""Rows of a local file: JSON lines (also gzipped), a JSON list, or Parquet.

Example: a line {"problem": "What is 3 + 7?", "answer": "10"} is that row.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError

SUFFIXES = (".jsonl", ".json", ".parquet", ".jsonl.gz")

Row = Mapping[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Every row. Raises UserError naming the file, and the line where one is wrong."""
    return list(iterate_rows(path))


def iterate_rows(path: Path) -> Iterator[Row]:
    """The rows one by one: a file of JSON lines is never held as a whole."""
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
        elif path.suffix == ".json":
            yield from _json(path)
        else:
            yield from _lines(path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"tasks: cannot read {path}: {error}") from None


def rows_with_offsets(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of a file of JSON lines, each with the byte it starts at, for `row_at`. Raises UserError."""
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    place = f"{path}:{number}"
                    yield offset, _object(_parse(line.decode("utf-8-sig"), place), place)
                offset += len(line)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"tasks: cannot read {path}: {error}") from None


def row_at(path: Path, offset: int) -> Row:
    """The row that starts at a byte. Raises UserError."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return _object(_parse(file.readline().decode("utf-8-sig"), f"{path}, byte {offset}"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"tasks: cannot read {path}: {error}") from None


def _lines(path: Path) -> Iterator[Row]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _object(_parse(line, f"{path}:{number}"), f"{path}:{number}")


def _json(path: Path) -> Iterator[Row]:
    """A list of rows; or JSON lines under that name, as some data sets have them."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        rows = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        yield from _lines(path)
        return
    if isinstance(rows, Mapping):  # one row, or rows under one key
        lists = [value for value in rows.values() if isinstance(value, list)]
        rows = lists[0] if len(lists) == 1 and len(rows) == 1 else [rows]
    if not isinstance(rows, list):
        raise UserError(f"tasks: {path} must hold a list of rows, not a {type(rows).__name__}")
    for number, row in enumerate(rows):
        yield _object(row, f"{path}, row {number}")


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(1024):
                yield from batch.to_pylist()
    except pyarrow.ArrowInvalid as error:
        raise UserError(f"tasks: {path} is not Parquet: {' '.join(str(error).split())[:200]}") from None


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"tasks: {place} is not JSON: {error}") from None


def _object(row: Any, place: str) -> Row:
    if not isinstance(row, Mapping):
        raise UserError(f"tasks: {place} is not an object with fields but {str(row)[:40]!r}")
    return row
