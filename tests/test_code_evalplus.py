import json
from pathlib import Path

import pytest

from sdzero_bench.errors import UserError
from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code import evalplus_problem
from sdzero_bench.verify.code.evalplus import judge
from sdzero_bench.verify.code.evalplus_oracle import Oracle
from sdzero_bench.verify.code.evalplus_problem import Case, part_seconds, problem
from sdzero_bench.verify.code.remote import Reply


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    problem.cache_clear()
    evalplus_problem._rows.cache_clear()


def write(tmp_path: Path, *rows: dict) -> str:
    defaults = {"prompt": "", "base_input": [], "plus_input": [], "atol": 0}
    path = tmp_path / "tasks.jsonl"
    path.write_text("".join(json.dumps(defaults | row) + "\n" for row in rows))
    return str(path)


def ask(data: str, text: str, task: str = "Mbpp/1000", dataset: str = "mbpp") -> Verdict:
    return judge(
        Question("q", (), "", judge="evalplus", meta={"dataset": dataset, "task_id": task, "data": data}), text
    )


LAST = {
    "task_id": "Mbpp/1000",
    "entry_point": "last",
    "canonical_solution": "def last(xs): return sorted(xs)[-1]",
    "base_input": [[[1, 3, 2]], [[5]]],
    "plus_input": [[[2, 1]], [[-1, -2, 7]]],
}


@pytest.mark.parametrize(
    ("text", "parts", "reason"),
    [
        ("def last(xs): return max(xs)", (1, 1), "passed 2 base and 2 plus tests"),
        ("def last(xs): return xs[1] if len(xs) == 3 else xs[0]", (1, 0), "plus test 2: expected 7, got -2"),
        ("def last(xs): return xs[0]", (0, 0), "base test 1: expected 3, got 1"),
        (
            "def last(xs): return xs[1] + 0 * (1 // (2 - len(xs)))",
            (0, 0),
            "base test 2: IndexError: list index out of range",
        ),
        ("def last(xs):\n    while len(xs) == 2: pass\n    return max(xs)", (1, 0), "plus test 1: cpu time limit"),
        ("seen = []\ndef last(xs):\n    seen.append(1)\n    return max(xs) if len(seen) < 3 else 0", (1, 1), "passed"),
        ("nothing", (0, 0), "NameError: name 'nothing' is not defined"),
        ("", (0, 0), "no code found"),
    ],
)  # a part has a process of its own
def test_base_and_plus(tmp_path, text, parts, reason):
    verdict = ask(write(tmp_path, LAST), text)
    assert verdict.reason.startswith(reason), verdict.reason
    assert (verdict.parts["base"], verdict.parts["plus"]) == parts
    assert verdict.reward == parts[1]


def test_the_canonical_solution_runs_once(tmp_path, monkeypatch):
    data = write(tmp_path, LAST)
    first = problem("mbpp", "Mbpp/1000", data)
    assert [case.expected for case in first.parts["plus"]] == [2, 7]
    problem.cache_clear()
    monkeypatch.setattr(evalplus_problem, "_compute", None)  # not again: it is on disk
    assert problem("mbpp", "Mbpp/1000", data) == first
    (kept,) = (tmp_path / "cache").rglob("*.json")
    assert kept.stat().st_size < 2000
    kept.write_text("{}")  # damaged: computed anew
    problem.cache_clear()
    with pytest.raises(TypeError):
        problem("mbpp", "Mbpp/1000", data)


def test_a_changed_task_is_computed_anew(tmp_path):
    problem("mbpp", "Mbpp/1000", write(tmp_path, LAST))
    data = write(tmp_path, LAST | {"canonical_solution": "def last(xs): return 0"})
    problem.cache_clear()
    evalplus_problem._rows.cache_clear()
    assert [case.expected for case in problem("mbpp", "Mbpp/1000", data).parts["base"]] == [0, 0]


def test_outputs_that_are_too_large_are_left_out(tmp_path):
    row = LAST | {
        "entry_point": "many",
        "canonical_solution": "def many(n): return list(range(n))",
        "base_input": [[3], [10_000_000], [4]],
        "plus_input": {},
    }
    verdict = ask(write(tmp_path, row), "def many(n): return list(range(n))")
    assert verdict.reason == "passed 2 base and 0 plus tests (1 with too large outputs left out)"


def test_a_canonical_solution_that_fails(tmp_path):
    data = write(tmp_path, LAST | {"canonical_solution": "def last(xs): return 1/0"})
    with pytest.raises(UserError, match="canonical solution of last"):
        ask(data, "def last(xs): return 0")


def test_bad_data(tmp_path):
    with pytest.raises(UserError, match="no task 'Mbpp/7'"):
        ask(write(tmp_path, LAST), "x", "Mbpp/7")
    with pytest.raises(UserError, match="cannot read"):
        ask(str(tmp_path / "nosuch.jsonl"), "x")
    (tmp_path / "bad.jsonl").write_text("[1]\n")
    with pytest.raises(UserError, match="cannot read"):
        ask(str(tmp_path / "bad.jsonl"), "x")


def test_the_tuples_of_mbpp_are_restored(tmp_path):
    row = LAST | {"task_id": "Mbpp/2", "entry_point": "similar_elements", "base_input": [[[3, 4], [4, 5]]]}
    row |= {"canonical_solution": "def similar_elements(a, b): return (type(a) is tuple, a[0])", "plus_input": []}
    case = problem("mbpp", "Mbpp/2", write(tmp_path, row)).parts["base"][0]
    assert case.inputs == [(3, 4), (4, 5)]
    assert case.expected == {True, 3}  # of the tasks whose outputs are compared as sets


def test_matches_are_compared_by_being_there(tmp_path):
    row = LAST | {
        "entry_point": "check_str",
        "canonical_solution": "import re\ndef check_str(s): return re.match('a', s)",
    }
    data = write(tmp_path, row | {"base_input": [["ab"], ["b"]], "plus_input": []})
    assert ask(data, "import re\ndef check_str(s): return re.search('^a', s)").reward == 1
    assert ask(data, "def check_str(s): return s[0] == 'a'").reward == 1
    assert (
        ask(data, "def check_str(s): return object()").reason
        == "base test 2: expected False, got <builtins.object object>"
    )


def reply(value, plain: bool = True) -> Reply:
    return Reply(value, plain, 0.0)


@pytest.mark.parametrize(
    ("dataset", "name", "atol", "inputs", "value", "expected", "right"),
    [
        ("mbpp", "f", 0, [], 1, True, True),  # equality of Python
        ("mbpp", "f", 0, [], [1, 2], (1, 2), False),
        ("mbpp", "f", 0, [], 0.1 + 0.2, 0.3, True),  # a float's tolerance of 1e-6
        ("mbpp", "f", 0, [], [0.1 + 0.2], [0.3], True),
        ("mbpp", "f", 0, [], (0.1 + 0.2,), [0.3], False),
        ("mbpp", "f", 0, [], 0.31, 0.3, False),
        ("mbpp", "f", 0, [], 1, 1.0000001, False),  # of the same type
        ("mbpp", "f", 0, [], [[]], [5.0], False),
        ("mbpp", "f", 1e-4, [], 10.00005, 10.0, True),
        ("mbpp", "f", 1e-4, [], "10", 10.0, False),
        ("mbpp", "f", 0, [], float("nan"), float("nan"), False),
        ("mbpp", "similar_elements", 0, [], {1, 2}, {2, 1}, True),
        ("mbpp", "are_equivalent", 0, [1, 2], None, True, True),
        ("mbpp", "sum_div", 0, [8], 0, 7, True),
        ("mbpp", "surface_Area", 0, [3, 4], 33, 34, False),
        ("mbpp", "surface_Area", 0, [3, 4], 35, 33, True),
        ("mbpp", "digit_distance_nums", 0, [1, 20], 3, 5, True),
        ("mbpp", "text_match_three", 0, [], "x", True, True),
        ("mbpp", "text_match_three", 0, [], None, True, False),
        ("mbpp", "text_match_three", 0, [], False, True, False),
        ("humaneval", "sum_div", 0, [8], 0, 7, False),
        ("humaneval", "find_zero", 1e-4, [[1, 2]], -0.5, 9, True),
        ("humaneval", "find_zero", 1e-4, [[1, 2]], 0.5, 0.5, False),
        ("humaneval", "find_zero", 1e-4, [[1, 2]], None, 0.5, False),
        ("humaneval", "find_zero", 1e-4, [[1, 2]], float("nan"), 0.5, False),
        ("humaneval", "find_zero", 1e-4, [[1, 2]], 10**400, 0.5, False),
    ],
)
def test_the_rules_of_evalplus(dataset, name, atol, inputs, value, expected, right):
    assert Oracle(dataset, name, atol).accepts(inputs, reply(value), expected) is right


def test_the_tolerance_stays_once_an_output_was_of_floats():
    oracle = Oracle("mbpp", "f", 0)
    assert not oracle.accepts([], reply([10**9, 1.5]), [10**9 + 1, 1.5])
    assert oracle.accepts([], reply(2.5), 2.5)
    assert oracle.accepts([], reply([10**9, 1.5]), [10**9 + 1, 1.5])  # as in EvalPlus


def test_only_plain_types_are_of_the_same_type():
    assert Oracle("mbpp", "f", 0).accepts([], reply(0.3, plain=False), 0.3)
    assert not Oracle("mbpp", "f", 0).accepts([], reply(0.1 + 0.2, plain=False), 0.3)


def test_time_limits():
    assert Case([], 1, 0.01).cpu_seconds == 1.0
    assert Case([], 1, 0.5).cpu_seconds == 2.0
    assert part_seconds([Case([], 1, 0.01)] * 10) == 10.0
    assert part_seconds([Case([], 1, 0.01)] * 100) == 60.0
    assert part_seconds([Case([], 1, 1.0)] * 50) == 200.0
