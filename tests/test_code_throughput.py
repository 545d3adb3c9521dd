"""How long judging takes when some of the programs hang."""

import json
import time

import pytest

from sdzero_bench.types import Completion, FinishReason, Question
from sdzero_bench.verify import open_verifier

PROGRAMS, HANGING, WORKERS = 200, 20, 4
MEASUREMENTS = 3
# What a program that hangs lasts: 1 s of processor time, for which it may share a core, or 2 s of waiting.
LIMIT = 2.0
SPIN = "def f(xs):\n    while True: pass"
SLEEP = "import time\ndef f(xs): time.sleep(1000)"


@pytest.fixture
def questions(tmp_path, monkeypatch):
    """Ten tasks in EvalPlus' format, each with some sixty tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    data = tmp_path / "tasks.jsonl"
    with data.open("w") as lines:
        for task in range(10):
            row = {
                "task_id": f"HumanEval/{task}",
                "entry_point": "f",
                "prompt": "",
                "canonical_solution": f"def f(xs): return [x + {task} for x in xs]",
                "base_input": [[[i, task]] for i in range(3)],
                "plus_input": [[list(range(i))] for i in range(60)],
                "atol": 0,
            }
            lines.write(json.dumps(row) + "\n")
    metas = [{"dataset": "humaneval", "task_id": f"HumanEval/{task}", "data": str(data)} for task in range(10)]
    return [Question(f"q{i}", (), "", judge="evalplus", meta=metas[i % 10]) for i in range(PROGRAMS)]


def seconds(verifier, questions, programs) -> tuple[float, list[int]]:
    start = time.monotonic()
    items = [
        (question, Completion((1,), text, FinishReason.STOP))
        for question, text in zip(questions, programs, strict=True)
    ]
    rewards = [attempt.reward for attempt in verifier.verify(items)]
    return time.monotonic() - start, rewards


@pytest.mark.long
def test_programs_that_hang_hold_up_no_others(questions):
    """Other work on the cores makes one measurement slow; a program that holds up others makes all of them slow."""
    right = [f"def f(xs): return [x + {i % 10} for x in xs]" for i in range(PROGRAMS)]
    hanging = list(right)
    for i in range(HANGING):
        hanging[i * PROGRAMS // HANGING] = SPIN if i % 2 else SLEEP
    with open_verifier(workers=WORKERS) as verifier:
        seconds(verifier, questions[:20], right[:20])  # start the workers, compute what is expected
        for _ in range(MEASUREMENTS):
            without, rewards = seconds(verifier, questions, right)
            assert rewards == [1] * PROGRAMS
            with_them, rewards = seconds(verifier, questions, hanging)
            assert rewards == [int(program not in (SPIN, SLEEP)) for program in hanging]
            print(f"{PROGRAMS} programs: {without:.1f} s; with {HANGING} that hang: {with_them:.1f} s")
            if with_them <= 1.5 * without + LIMIT:
                return
    raise AssertionError(f"more than 1.5 times as long and {LIMIT:g} s in each of {MEASUREMENTS} measurements")
