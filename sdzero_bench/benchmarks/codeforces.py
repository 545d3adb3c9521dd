"""open-r1/codeforces' rows: problems judged on Codeforces' official tests, asked for in C++ and in Python.

Example row (configuration verifiable-prompts): {"id": "852/A", "language": "cpp", "prompt": "You are an expert
competitive programmer. ...", "time_limit": 1.0, "memory_limit": 256.0, "official_tests": [{"input": "1\r\n", "output":
"1\r\n"}], "generated_checker": null, "input_mode": "stdio", "interaction_format": null, "aliases": null, ...}.

Official tests are those that Codeforces shows in full. CF_TESTS_FOLDER (open-r1's own variable) names the folder with
the data set's generated_tests/*.parquet, which are then judged too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sdzero_bench.benchmarks.codeforces_cots import solutions
from sdzero_bench.benchmarks.documents import Document, Documents, Request, by_hash, text
from sdzero_bench.benchmarks.local_files import Row, read_rows
from sdzero_bench.benchmarks.places import Split
from sdzero_bench.benchmarks.rows import check_whole, load_rows
from sdzero_bench.errors import UserError

_LANGUAGES = ("cpp", "python")
_LIGHT = ("id", "aliases", "language", "input_mode", "interaction_format")
_TESTS_FOLDER = "CF_TESTS_FOLDER"

Gold = Mapping[str, Mapping[str, str]]  # solutions by language and problem


def read(request: Request) -> Documents:
    """The held-out problems in both languages, or those of the train split, in the order of sha256(id).

    With solution=r1 only what has a solution by DeepSeek-R1 in its language.
    """
    language = request.option("language")
    if language not in (None, *_LANGUAGES):
        raise UserError(f"tasks: codeforces: language={language} is not known; known: {', '.join(_LANGUAGES)}")
    rows, place = load_rows(request.card, request.split, request.data_dir)
    if request.split is Split.EVALUATION:
        check_whole(request.card, len(rows), place)
    source = str(place.path or request.card.dataset)
    problems = _problems(rows, source)
    if request.split is Split.TRAIN:
        test = _names_of_test_split(request)
        problems = [problem for problem in problems if not test & problem.names]
    gold = _gold(request, [language] if language else _LANGUAGES, problems)
    generated = _GeneratedTests()
    size = request.size()
    held_out = request.card.held_out if request.split is Split.EVALUATION else None
    documents: list[Document] = []
    taken = 0
    for position in by_hash([problem.id for problem in problems]):
        if taken == held_out or (size is not None and len(documents) >= size):
            break
        both = [rows[index] for index in problems[position].rows]
        if both[0]["official_tests"]:
            taken += 1
            asked = [row for row in both if language in (None, row["language"])]
            solved = [row for row in asked if gold is None or row["id"] in gold[row["language"]]]
            documents += [_document(request, row, source, generated, gold) for row in solved]
    return Documents(documents[:size], place)


class _Problem(NamedTuple):
    id: str
    names: set[str]  # its id and its aliases: the same problem in another division's contest
    rows: list[int]  # C++ first


def _problems(rows: Any, source: str) -> list[_Problem]:
    """The problems on standard input and output. Reads no tests: they are the bulk of the data set."""
    columns = getattr(rows, "column_names", None)
    light = rows.select_columns([name for name in _LIGHT if name in columns]) if columns else rows
    found: dict[str, tuple[set[str], list[tuple[str, int]]]] = {}
    for number, row in enumerate(light):
        where = f"{source}, row {number}"
        if row.get("language") not in _LANGUAGES:
            raise UserError(f"tasks: {where}: field 'language' must be cpp or python, not {row.get('language')!r}")
        if row.get("input_mode") in (None, "stdio") and not row.get("interaction_format"):
            name = text(row, ("id",), where)
            _, indices = found.setdefault(name, ({name, *(row.get("aliases") or ())}, []))
            indices.append((row["language"], number))
    return [_Problem(name, names, [i for _, i in sorted(indices)]) for name, (names, indices) in found.items()]


def _names_of_test_split(request: Request) -> set[str]:
    """No copy of a held-out problem in another division is to be trained on."""
    rows, place = load_rows(request.card, Split.EVALUATION, request.data_dir)
    return {name for problem in _problems(rows, str(place.path or request.card.dataset)) for name in problem.names}


def _gold(request: Request, languages: Sequence[str], problems: Sequence[_Problem]) -> Gold | None:
    """Gold solutions where they are asked for. Raises UserError, also for held-out problems: they have none."""
    asked = request.option("solution")
    if asked is None:
        return None
    if asked != "r1" or request.split is not Split.TRAIN:
        raise UserError(f"tasks: codeforces: solution={asked} is not known; known: r1, of the train split")
    names = {name: problem.id for problem in problems for name in problem.names}
    return {one: solutions(request.card, one, names, request.data_dir) for one in languages}


def _document(request: Request, row: Row, source: str, generated: _GeneratedTests, gold: Gold | None) -> Document:
    where = f"{source}, {row['id']} in {row['language']}"
    tests = [*row["official_tests"], *generated.of(str(row["id"]))]
    meta = {
        "language": row["language"],
        "tests": [{"input": test["input"], "output": test["output"]} for test in tests],
        "time_limit": float(row.get("time_limit") or 2.0),
        "memory_mb": float(row.get("memory_limit") or 256.0),
        "checker": row.get("generated_checker") or None,
    }
    return Document(
        f"{request.card.name}/{row['id']}/{row['language']}",
        {"prompt": text(row, ("prompt",), where)},
        solution=gold[row["language"]][row["id"]] if gold else None,
        meta=meta,
    )


class _GeneratedTests:
    """The data set's generated tests, a file a contest; none where CF_TESTS_FOLDER is not set."""

    def __init__(self) -> None:
        named = os.environ.get(_TESTS_FOLDER)
        self._folder = Path(named) if named else None
        self._contest = ""
        self._tests: dict[str, list[Mapping[str, str]]] = {}
        if self._folder is not None and not self._folder.is_dir():
            raise UserError(f"{_TESTS_FOLDER}: no folder {self._folder}")

    def of(self, problem: str) -> list[Mapping[str, str]]:
        """The tests of a problem."""
        contest = problem.partition("/")[0]
        if self._folder is None or not contest.isdigit():
            return []
        if contest != self._contest:
            path = self._folder / f"test_cases_{int(contest):04d}.parquet"
            self._contest, self._tests = contest, {}
            for row in read_rows(path) if path.is_file() else ():
                self._tests.setdefault(str(row["problem_id"]), []).append(
                    {"input": str(row["input"]), "output": str(row["output"])}
                )
        return self._tests.get(problem, [])
