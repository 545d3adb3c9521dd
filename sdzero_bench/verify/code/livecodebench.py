"""The judge of LiveCodeBench: programs that read stdin, and LeetCode's class Solution with one method.

Example: `Question.meta` = {"kind": "functional", "function": "twoSum", "tests": [{"input": "[2,7]\\n9", "output":
"[0,1]"}], "starter_code": "class Solution: ...", "time_limit": 6.0, "memory_mb": 4096}; a line of input is an argument.

Outputs are compared as in LiveCodeBench (lcb_runner/evaluation/testing_util.py): stripped line by line, equal or equal
as decimal numbers; a result as JSON, where a tuple is as good as a list. One thing differs: programs that read stdin
are processes of their own, where the original calls them in place with a stand-in for sys.stdin (without a buffer).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code.program import Found, find_plain
from sdzero_bench.verify.code.remote import LOAD_SECONDS, REPLY_BYTES, ProgramError, RemoteProgram
from sdzero_bench.verify.code.report import count, show, verdict
from sdzero_bench.verify.code.stdio import OUTPUT_BYTES, difference, limits, python_command, run_test, workspace

# What a program finds imported, in the original's order: later names hide earlier ones.
_STARRED = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json "
    "builtins typing"
)
_NAMED = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json"
)
_DIGITS = 50_000  # of a whole number that may be printed
PRELUDE = "\n".join(
    [
        *(f"from {name} import *" for name in _STARRED.split()),
        *(f"import {name}" for name in _NAMED.split()),
        "sys.setrecursionlimit(50000)",
        f"sys.set_int_max_str_digits({_DIGITS})",
    ]
)


def judge(question: Question, text: str) -> Verdict:
    """1 where the program is right on all tests."""
    meta = question.meta
    code = find_plain(text, "python")
    if code is None:
        return verdict(None, False, "no code found")
    try:
        if meta["kind"] == "functional":
            _call(meta, code)
        else:
            _run(meta, code)
    except ProgramError as error:
        return verdict(code, False, str(error))
    return verdict(code, True, f"passed {count(len(meta['tests']), 'test')}")


def same_output(expected: str, got: str) -> bool:
    """Whether two outputs have the same lines, as text or as decimal numbers."""
    wanted, found = ([line.strip() for line in output.strip().split("\n")] for output in (expected, got))
    return len(wanted) == len(found) and all(
        one == other or _same_numbers(one, other) for one, other in zip(wanted, found, strict=True)
    )


def _same_numbers(expected: str, got: str) -> bool:
    try:
        return [Decimal(word) for word in got.split()] == [Decimal(word) for word in expected.split()]
    except InvalidOperation:
        return False


def _run(meta: Mapping[str, Any], code: str) -> None:
    """Raises ProgramError for the first test that fails."""
    with workspace({"main.py": code}) as folder:
        for i, test in enumerate(meta["tests"], 1):
            held = limits(meta["time_limit"], meta["memory_mb"], max(OUTPUT_BYTES, 2 * len(test["output"])))
            try:
                got = run_test(python_command(prelude=PRELUDE), folder, test["input"], held)
                if not same_output(test["output"], got):
                    raise ProgramError(difference(test["output"], got))
            except ProgramError as error:
                raise ProgramError(f"test {i}: {error}") from None


def _call(meta: Mapping[str, Any], code: str) -> None:
    """Raises ProgramError for the first test that fails."""
    tests, seconds = meta["tests"], meta["time_limit"]
    name = meta["function"] or _function(meta["starter_code"])
    largest = max(len(test["output"]) for test in tests)
    found = Found(code, [name], None, False, True)
    with RemoteProgram(
        (seconds + 1) * len(tests) + LOAD_SECONDS,
        reply_bytes=max(REPLY_BYTES, 4 * largest),
        memory_bytes=int(meta["memory_mb"]) << 20,
    ) as program:
        program.load(found.programs(), [name], prelude=PRELUDE, owner="Solution")
        for i, test in enumerate(tests, 1):
            arguments = [_json(line) for line in test["input"].split("\n")]
            expected = _json(test["output"])
            try:
                value = program.call(name, arguments, cpu_seconds=seconds).value
            except ProgramError as error:
                raise ProgramError(f"test {i}: {error}") from None
            if not _equal(expected, value):
                raise ProgramError(f"test {i}: expected {show(expected)}, got {show(value)}")


def _equal(expected: Any, value: Any) -> bool:
    if isinstance(value, tuple):
        value = list(value)
    try:
        return bool(value == expected)
    except Exception:  # a numpy array of several values
        return False


def _json(text: str) -> Any:
    """JSON of the data set, whose whole numbers may be long."""
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(_DIGITS)
    try:
        return json.loads(text)
    finally:
        sys.set_int_max_str_digits(digits)


def _function(starter_code: str) -> str:
    names = re.findall(r"^[ \t]*def[ \t]+(\w+)", starter_code, re.MULTILINE)
    return names[-1] if names else "solve"
