"""The judge of MBPP: the data set's own asserts, with the program's functions behind the names that they call.

Example: `Question.meta` = {"task_id": "2", "tests": ["assert sorted(shared((3, 4), (5, 4))) == [4]"], "setup": ""}.

The asserts run here, in the judge; of the program they see what its calls return. A setup that builds objects of the
program's own classes (root = Node(1)) runs beside the program, and the tests name what stays there. The limit is 3
seconds for everything, as that of the HumanEval evaluation that is commonly used for MBPP, here of processor time.
"""

from __future__ import annotations

import ast
import builtins
import importlib
from typing import Any

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code.inside.values import Variable
from sdzero_bench.verify.code.program import find_python
from sdzero_bench.verify.code.remote import ProgramError, RemoteFunction, RemoteProgram
from sdzero_bench.verify.code.report import count, show, verdict

CPU_SECONDS = 3.0
_MODULES = ("cmath", "collections", "itertools", "math", "re", "sys")  # that tests use without importing them


def judge(question: Question, text: str) -> Verdict:
    """1 where all asserts hold."""
    tests, setup = question.meta["tests"], question.meta["setup"] or ""
    own = _stored(setup)
    names = sorted(_read("\n".join([setup, *tests])) - own - set(dir(builtins)) - set(_MODULES))
    found = find_python(text, names)
    if found is None:
        return verdict(None, False, "no code found")
    try:
        with RemoteProgram(CPU_SECONDS) as program:
            defined = program.load(found.programs(), names)
            calls = {name: RemoteFunction(program, name, CPU_SECONDS) for name in defined}
            known: dict[str, Any] = {name: importlib.import_module(name) for name in _MODULES} | calls
            if _read(setup) & set(defined):
                program.run(setup)
                known |= {name: Variable(name) for name in own}
            else:
                exec(compile(setup, "setup", "exec", dont_inherit=True), known)
            for i, test in enumerate(tests, 1):
                if failure := _fails(test, known, calls):
                    return verdict(found.code, False, f"test {i}: {failure}")
    except ProgramError as error:
        return verdict(found.code, False, str(error))
    return verdict(found.code, True, f"passed {count(len(tests), 'test')}")


def _fails(test: str, known: dict[str, Any], calls: dict[str, RemoteFunction]) -> str | None:
    """What an assert found wrong."""
    try:
        exec(compile(test, "test", "exec", dont_inherit=True), known)
    except ProgramError as error:
        return str(error)
    except AssertionError:
        returned = [show(call.last) for call in calls.values() if call.calls]
        return f"got {returned[0]}, {test.strip()[:160]}" if len(returned) == 1 else test.strip()[:160]
    except Exception as error:  # whatever comparing with plain data raises: the data is not what it should be
        return f"{type(error).__name__}: {str(error)[:80]} in {test.strip()[:160]}"
    return None


def _read(source: str) -> set[str]:
    """Names that statements look up."""
    nodes = ast.walk(ast.parse(source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _stored(source: str) -> set[str]:
    """Names that statements bind."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names
