"""LiveCodeBench's tests: unpacked from a row, or left in their file until someone looks at them.

Example: StoredTests("test6.jsonl", 0) is a sequence of the first row's tests, {"input": "3\\n", "output": "6\\n"}, ...

A release's tests are several GB packed and many times that unpacked. A `StoredTests` holds a path and a byte, and is
pickled as these: questions stay small in every process, and a judge's worker unpacks the tests of what it judges.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

from sdzero_bench.benchmarks.local_files import Row, row_at
from sdzero_bench.errors import UserError

Test = dict[str, str]  # input and output


@dataclass(frozen=True)
class StoredTests(Sequence[Test]):
    """The tests of the row that starts at a byte of a file of JSON lines. For JSON: `json.dumps(..., default=list)`."""

    path: str
    offset: int

    @overload
    def __getitem__(self, index: int) -> Test: ...

    @overload
    def __getitem__(self, index: slice) -> list[Test]: ...

    def __getitem__(self, index: int | slice) -> Test | list[Test]:
        return _stored(self.path, self.offset)[index]

    def __len__(self) -> int:
        return len(_stored(self.path, self.offset))

    def digest(self) -> str:
        """Of the row as it is packed: other tests at the same place have another one."""
        with Path(self.path).open("rb") as file:
            file.seek(self.offset)
            return hashlib.sha256(file.readline()).hexdigest()


@lru_cache(maxsize=2)  # a worker judges a problem's samples one after another
def _stored(path: str, offset: int) -> list[Test]:
    return unpack(row_at(Path(path), offset), f"{path}, byte {offset}")


def unpack(row: Row, where: str) -> list[Test]:
    """Public and private tests. Raises UserError where there are none or they cannot be unpacked."""
    tests = [*_tests(row, "public_test_cases", where), *_tests(row, "private_test_cases", where)]
    if not tests:
        raise UserError(f"tasks: {where}: {row.get('question_id')} has no tests")
    return [{"input": test["input"], "output": test["output"]} for test in tests]


def kind_of(row: Row, where: str) -> str:
    """ "functional" where a method is called, "stdin" where a program is run."""
    public = _tests(row, "public_test_cases", where)
    starter = "functional" if row.get("starter_code") else "stdin"
    return str(public[0].get("testtype", starter)) if public else starter


def function_name(row: Row, where: str) -> str | None:
    """The method that is called, None for programs."""
    about = row.get("metadata") or {}
    try:
        about = json.loads(about) if isinstance(about, str) else about
    except json.JSONDecodeError:
        raise UserError(f"tasks: {where}: field 'metadata' is not JSON: {str(about)[:60]}") from None
    name = about.get("func_name")
    return None if name is None else str(name)


def _tests(row: Row, name: str, where: str) -> Sequence[Mapping[str, str]]:
    value = row.get(name)
    try:
        tests = _unpacked(value) if isinstance(value, str) else value
    except (ValueError, TypeError, binascii.Error, zlib.error, pickle.UnpicklingError, EOFError) as error:
        raise UserError(f"tasks: {where}: field {name!r} cannot be unpacked: {str(error)[:100]}") from None
    if not isinstance(tests, list) or not all(isinstance(test, Mapping) and "output" in test for test in tests):
        raise UserError(f"tasks: {where}: field {name!r} must be a list of tests with input and output")
    return tests


def _unpacked(packed: str) -> Any:
    try:
        return json.loads(packed)
    except json.JSONDecodeError:
        return json.loads(_OnlyText(io.BytesIO(zlib.decompress(base64.b64decode(packed)))).load())


class _OnlyText(pickle.Unpickler):
    """Refuses every pickle that names a class or function: the tests are one string."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}; only text is expected")
