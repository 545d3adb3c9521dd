"""The judge of HumanEval+ and MBPP+: EvalPlus' inputs and rules, the canonical solution's outputs.

Example: `Question.meta` = {"dataset": "mbpp", "task_id": "Mbpp/2", "data": "MbppPlus.jsonl"} -> Verdict(1, ...,
"passed 3 base and 108 plus tests", {"base": 1, "plus": 1}).

As EvalPlus reports it, "plus" is base and plus tests together: 1 where all are passed. A part ends at its first test
that fails. A call may take max(1, 4 x canonical) seconds of processor time, a part what EvalPlus allows.
"""

from __future__ import annotations

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code.evalplus_oracle import Oracle
from sdzero_bench.verify.code.evalplus_problem import Case, Problem, part_seconds, problem, wants_set
from sdzero_bench.verify.code.program import Found, find_python
from sdzero_bench.verify.code.remote import LOAD_SECONDS, ProgramError, RemoteProgram, Reply
from sdzero_bench.verify.code.report import show, verdict


def judge(question: Question, text: str) -> Verdict:
    """1 where the program's outputs on all base and plus inputs are right."""
    meta = question.meta
    task = problem(meta["dataset"], meta["task_id"], meta["data"])
    # MBPP's prompt is a docstring: there is nothing to go on from.
    prompt = task.prompt if task.dataset == "humaneval" else None
    found = find_python(text, [task.entry_point], prompt)
    if found is None:
        return verdict(None, False, "no code found", {"base": 0, "plus": 0})
    passed = {"base": 0, "plus": 0}
    for part, cases in task.parts.items():
        if failure := _run(task, part, cases, found):
            return verdict(found.code, False, failure, passed)
        passed[part] = 1
    base, plus = (len(cases) for cases in task.parts.values())
    left_out = f" ({task.too_large} with too large outputs left out)" if task.too_large else ""
    return verdict(found.code, True, f"passed {base} base and {plus} plus tests{left_out}", passed)


def _run(task: Problem, part: str, cases: list[Case], found: Found) -> str | None:
    """What is wrong with the first test that fails. Each part has a process of its own."""
    if not cases:
        return None
    name = task.entry_point
    oracle = Oracle(task.dataset, name, task.atol)
    as_set = wants_set(task.dataset, name)
    try:
        with RemoteProgram(part_seconds(cases) + LOAD_SECONDS) as program:
            program.load(found.programs(), [name])
            for i, case in enumerate(cases, 1):
                try:
                    reply = program.call(name, case.inputs, cpu_seconds=case.cpu_seconds, as_set=as_set)
                except ProgramError as error:
                    return f"{part} test {i}: {error}"
                if not oracle.accepts(case.inputs, reply, case.expected):
                    return f"{part} test {i}: {_difference(case, reply)}"
    except ProgramError as error:
        return str(error)
    return None


def _difference(case: Case, reply: Reply) -> str:
    return f"expected {show(case.expected)}, got {show(reply.value)}"
