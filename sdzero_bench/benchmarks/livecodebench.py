"""LiveCodeBench's rows, by release and contest dates.

Example row: {"question_id": "abc301_a", "contest_date": "2023-05-13T00:00:00", "question_content": "...",
"starter_code": "", "public_test_cases": "[{\"input\": ..., \"output\": ..., \"testtype\": \"stdin\"}]",
"private_test_cases": "eJx...", "metadata": "{}"}. Private tests are JSON, or zlib of a pickle of JSON in base64.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from sdzero_bench.benchmarks.documents import Document, Documents, Request, text
from sdzero_bench.benchmarks.local_files import Row, iterate_rows, rows_with_offsets
from sdzero_bench.benchmarks.packed_tests import StoredTests, function_name, kind_of, unpack
from sdzero_bench.benchmarks.places import Kind, Split, locate
from sdzero_bench.benchmarks.rows import hub_files
from sdzero_bench.errors import UserError

_SECONDS = 6.0  # LiveCodeBench's --timeout, per test
_MEMORY_MB = 4096  # LiveCodeBench sets no limit; a program that needs more than this is stopped

_RELEASE = re.compile(r"release_v(\d)|v(\d)(?:_v(\d))?")


def read(request: Request) -> Documents:
    """The problems of a release in a window of dates. Tests of JSON lines stay in their file (see `StoredTests`)."""
    card = request.card
    files = _files(request)
    first, last = _day(request, "from"), _day(request, "to")
    place = locate(card, Split.EVALUATION, request.data_dir)
    if place.kind is Kind.LOCAL and "release" in request.options:
        raise UserError(
            f"tasks: {card.name}: release={request.options['release']}: {place.path} does not say which release a "
            "problem came with; choose by contest dates with from and to"
        )
    documents: list[Document] = []
    for path in hub_files(card, files, request.data_dir):
        for offset, row, where in _rows(path):
            if len(documents) == request.limit:
                break
            held = _date(text(row, ("contest_date",), where), where)
            if (first is None or first <= held) and (last is None or held <= last):
                documents.append(_document(request, row, where, path, offset))
    return Documents(documents, place)


def _rows(path: Path) -> Iterator[tuple[int | None, Row, str]]:
    """Row, its byte in a file of JSON lines, and its place for messages."""
    if path.suffix == ".jsonl":
        for offset, row in rows_with_offsets(path):
            yield offset, row, f"{path}, byte {offset}"
    else:
        for number, row in enumerate(iterate_rows(path)):
            yield None, row, f"{path}, row {number}"


def _document(request: Request, row: Row, where: str, path: Path, offset: int | None) -> Document:
    question_id = text(row, ("question_id",), where)
    starter = row.get("starter_code") or ""
    meta = {
        "kind": kind_of(row, where),
        "tests": unpack(row, where) if offset is None else StoredTests(str(path), offset),
        "function": function_name(row, where),
        "starter_code": starter,
        "time_limit": _SECONDS,
        "memory_mb": _MEMORY_MB,
    }
    fields = {"question": text(row, ("question_content",), where), "starter_code": starter}
    return Document(f"{request.card.name}/{question_id}", fields, meta=meta)


def _files(request: Request) -> list[str]:
    """The data set's files of a release, by LiveCodeBench's own names: release_v6, v6, v4_v6."""
    release = request.option("release") or ""
    files = request.card.hub_files
    match = _RELEASE.fullmatch(release)
    first, last = 1, 0
    if match:
        first = 1 if match[1] else int(match[2])
        last = int(match[1] or match[3] or match[2])
    if not 1 <= first <= last <= len(files):
        newest = len(files)
        raise UserError(
            f"tasks: {request.card.name}: release={release} is not known; known: release_v1 to release_v{newest} "
            f"(everything up to it), v1 to v{newest} (only what it added), and ranges such as v4_v{newest}"
        )
    return list(files[first - 1 : last])


def _day(request: Request, option: str) -> date | None:
    value = request.option(option)
    try:
        return date.fromisoformat(value) if value is not None else None
    except ValueError:
        raise UserError(f"tasks: {request.card.name}: {option}={value} is no date; write it as 2024-08-01") from None


def _date(value: str, where: str) -> date:
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        raise UserError(f"tasks: {where}: field 'contest_date' is no date: {value!r}") from None
