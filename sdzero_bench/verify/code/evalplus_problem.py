"""EvalPlus' problems with the expected outputs of their tests, computed once and kept on disk.

Example line of MbppPlus.jsonl: {"task_id": "Mbpp/2", "prompt": ..., "entry_point": "similar_elements",
"canonical_solution": ..., "base_input": [[[3, 4, 5, 6], [5, 7, 4, 10]], ...], "plus_input": [...], "atol": 0, ...}.

The expected outputs are those of the data set's canonical solution, which runs in a sandbox too. They are kept under
~/.cache/sdzero-bench (or XDG_CACHE_HOME), which no judged program sees.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.verify.code.inside import values
from sdzero_bench.verify.code.remote import ProgramError, RaisedError, RemoteProgram

PARTS = ("base", "plus")
MIN_SECONDS = 1.0  # EvalPlus' DEFAULT_MIN_TIME_LIMIT
SLOWER = 4.0  # EvalPlus' DEFAULT_GT_TIME_LIMIT_FACTOR: how much slower than the canonical solution a program may be
TASK_SECONDS = 60.0  # EvalPlus' EVALPLUS_TIMEOUT_PER_TASK
_FORMAT = 1  # of the kept files
_CANONICAL_SECONDS = 60.0  # for a call; the slowest of MBPP+ takes 6
_CANONICAL_TOTAL = 600.0


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a test."""

    inputs: list[Any]
    expected: Any
    canonical_seconds: float  # of processor time that the canonical solution took

    @property
    def cpu_seconds(self) -> float:
        """What a program may take."""
        return max(MIN_SECONDS, SLOWER * self.canonical_seconds)


def part_seconds(cases: list[Case]) -> float:
    """What a program may take for all calls of a part together.

    EvalPlus' limit; more where the canonical solution itself comes near it on a slow machine (Mbpp/599: 35 to 95 s).
    """
    allowed = min(TASK_SECONDS, sum(case.cpu_seconds for case in cases))
    return max(allowed, SLOWER * sum(case.canonical_seconds for case in cases))


@dataclass(frozen=True, slots=True)
class Problem:
    """One task of HumanEval+ or MBPP+."""

    dataset: str  # "humaneval" or "mbpp"
    entry_point: str
    prompt: str
    atol: float
    parts: dict[str, list[Case]]  # "base" and "plus"
    too_large: int  # tests left out, for the size of their expected output


@lru_cache(maxsize=16)
def problem(dataset: str, task_id: str, data: str | None) -> Problem:
    """A task with its tests. `data`: the JSONL file, None for EvalPlus' own loaders. Raises UserError."""
    row = _rows(dataset, data).get(task_id)
    if row is None:
        raise UserError(
            f"evalplus: no task {task_id!r} in {data or dataset}; take the file that the questions are from"
        )
    kept = _cache_file(json.dumps(row, sort_keys=True))
    parts, too_large = _read(kept) or _compute(dataset, row, kept)
    return Problem(dataset, row["entry_point"], row["prompt"], row["atol"], parts, too_large)


def wants_set(dataset: str, entry_point: str) -> bool:
    """Whether a task's outputs are compared as sets."""
    from evalplus.eval._special_oracle import MBPP_OUTPUT_SET_EQ_TASKS

    return dataset == "mbpp" and entry_point in MBPP_OUTPUT_SET_EQ_TASKS


@lru_cache(maxsize=2)
def _rows(dataset: str, data: str | None) -> dict[str, dict[str, Any]]:
    """Tasks by identity, as in the file: MBPP's tuples are still lists."""
    if data is None:
        # Their loaders' paths, from their overrides or their cache, which they fill where it is empty.
        from evalplus.data import humaneval, mbpp

        loader = humaneval._ready_human_eval_plus_path if dataset == "humaneval" else mbpp._ready_mbpp_plus_path
        data = loader()
    try:
        with (gzip.open if data.endswith(".gz") else open)(data, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        return {row["task_id"]: row for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"evalplus: cannot read {data}: {error}; take EvalPlus' JSONL file of the tasks") from None


def _compute(dataset: str, row: dict[str, Any], kept: Path) -> tuple[dict[str, list[Case]], int]:
    """Run the canonical solution on every input."""
    from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS

    entry_point = row["entry_point"]
    not_none = dataset == "mbpp" and entry_point in MBPP_OUTPUT_NOT_NONE_TASKS
    as_set = wants_set(dataset, entry_point)
    parts: dict[str, list[Case]] = {}
    too_large = 0
    for part in PARTS:
        inputs = row[f"{part}_input"] or []  # {} for none
        if dataset == "mbpp":
            from evalplus.data.mbpp import mbpp_deserialize_inputs  # takes a second: it imports `datasets`

            inputs = mbpp_deserialize_inputs(row["task_id"], inputs)
        canonical = _Canonical(row["prompt"] + row["canonical_solution"], entry_point)
        cases = [canonical.case(list(arguments), not_none, as_set) for arguments in inputs]
        canonical.close()
        parts[part] = [case for case in cases if case is not None]
        too_large += cases.count(None)
    _write(kept, parts, too_large)
    return parts, too_large


class _Canonical:
    """A canonical solution in its process; a new one where a call has ended that."""

    def __init__(self, source: str, entry_point: str) -> None:
        self._source = source
        self._entry_point = entry_point
        self._program: RemoteProgram | None = None

    def case(self, inputs: list[Any], not_none: bool, as_set: bool) -> Case | None:
        """The test on these inputs, None where the output is too large to be sent."""
        if self._program is None:
            self._program = RemoteProgram(_CANONICAL_TOTAL)
            self._program.load([self._source], [self._entry_point])
        try:
            reply = self._program.call(self._entry_point, inputs, cpu_seconds=_CANONICAL_SECONDS, as_set=as_set)
        except RaisedError as error:
            if error.kind in (values.MalformedError.__name__, MemoryError.__name__):
                return None
            raise UserError(f"evalplus: the canonical solution of {self._entry_point} fails: {error}") from None
        except ProgramError:  # ended by a limit, of memory or of what a reply may hold
            self.close()
            return None
        expected = reply.value is not None if not_none else reply.value
        return Case(inputs, expected, reply.cpu_seconds)

    def close(self) -> None:
        if self._program is not None:
            self._program.close()
        self._program = None


def _cache_file(row: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    digest = hashlib.sha256(f"{_FORMAT} {row}".encode()).hexdigest()
    return Path(home) / "sdzero-bench" / "evalplus" / f"{digest[:32]}.json"


def _read(kept: Path) -> tuple[dict[str, list[Case]], int] | None:
    try:
        data = json.loads(kept.read_text(encoding="utf-8"))
        parts = {part: [Case(*values.decode(case)) for case in data[part]] for part in PARTS}
        return parts, data["too_large"]
    except (OSError, ValueError, KeyError, TypeError, values.MalformedError):
        return None  # not there, or of no use


def _write(kept: Path, parts: dict[str, list[Case]], too_large: int) -> None:
    """Keep it where that is possible; several workers may do so at the same time."""
    data: dict[str, Any] = {
        part: [values.encode((case.inputs, case.expected, case.canonical_seconds)) for case in cases]
        for part, cases in parts.items()
    }
    temporary = kept.with_name(f".{kept.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(data | {"too_large": too_large}), encoding="utf-8")
        os.replace(temporary, kept)
