"""`score` as a user runs it."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sdzero_bench.benchmarks.packed_tests import StoredTests
from sdzero_bench.types import Completion, Extraction, FinishReason, Question
from sdzero_bench.verdict_keys import verdict_keys


def run(*words: str, cwd: Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sdzero_bench", "score", *words], capture_output=True, text=True, cwd=cwd, **options
    )


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


ADD = """
def has_close_elements(numbers, threshold):
    numbers = sorted(numbers)
    return any(b - a < threshold for a, b in zip(numbers, numbers[1:]))
"""
SAMPLES = [
    {"task_id": "HumanEval/0", "solution": ADD},
    {"task_id": "HumanEval/0", "solution": "def has_close_elements(numbers, threshold):\n    return True\n"},
    {"task_id": "HumanEval/2", "completion": "    return number - int(number)\n"},
    {"task_id": "HumanEval/2", "completion": "```python\ndef truncate_number(number):\n    return number % 1.0\n```"},
]


def test_humaneval_samples_give_pass_at_k_and_a_verdict_each(tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", SAMPLES)
    done = run("--task", "humaneval", "--samples", "s.jsonl", "--workers", "2", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search("programs (run in|are held by)", done.stderr)  # the level in force is said
    assert "samples of 2 of 164 questions" in done.stderr
    verdicts = [json.loads(line) for line in (tmp_path / "out/humaneval/verdicts.jsonl").read_text().splitlines()]
    assert [(v["question_id"], v["sample"], v["reward"]) for v in verdicts] == [
        ("HumanEval/0", 0, 1), ("HumanEval/0", 1, 0), ("HumanEval/2", 0, 1), ("HumanEval/2", 1, 1),
    ]  # fmt: skip
    assert all(v["reason"] for v in verdicts)
    figures = json.loads((tmp_path / "out/humaneval/metrics.json").read_text())["evaluation"]
    assert (figures["accuracy"], figures["pass_at_2"], figures["k"]) == (0.75, 1.0, 2)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("humaneval")]
    assert line.split()[1:3] == ["2", "2"]
    assert pd.read_parquet(tmp_path / "out/humaneval/samples.parquet").length.isna().all()  # no token count is known


def test_math_with_the_files_own_answers_needs_no_task_and_no_torch(tmp_path: Path) -> None:
    write(
        tmp_path / "s.jsonl",
        [
            {"id": "a", "completion": "so \\boxed{0.5}", "answer": "\\frac{1}{2}"},
            {"id": "b", "completion": "so \\boxed{3}", "answer": "2"},
        ],
    )
    program = (
        "import sys; from sdzero_bench.cli.app import main\n"
        "try: main()\n"
        "finally: print('heavy', sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    words = ["score", "--samples", "s.jsonl", "-o", "out"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "heavy []" in done.stdout
    assert json.loads((tmp_path / "out/answers/metrics.json").read_text())["evaluation"]["accuracy"] == 0.5


def test_an_interrupted_score_goes_on(tmp_path: Path) -> None:
    slow = "import time\n\ndef truncate_number(number):\n    time.sleep(0.2)\n    return number % 1.0\n"
    write(tmp_path / "s.jsonl", [{"task_id": "HumanEval/2", "solution": f"# {i}\n{slow}"} for i in range(24)])
    words = ["score", "--task", "humaneval", "--samples", "s.jsonl", "--workers", "1", "-o", "out"]
    command = [sys.executable, "-m", "sdzero_bench", *words]
    first = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    part = tmp_path / "out/humaneval/.verdicts.jsonl.part"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (part.exists() and part.read_text().count("\n") >= 3):
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    kept = part.read_text().splitlines()
    assert 3 <= len(kept) < 24
    second = run(*words[1:], cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    verdicts = (tmp_path / "out/humaneval/verdicts.jsonl").read_text().splitlines()
    assert len(verdicts) == 24
    assert all(json.loads(line)["reward"] == 1 for line in verdicts)
    assert not part.exists()
    path = tmp_path / "out/humaneval/verdicts.jsonl"
    path.write_text(path.read_text().replace("passed", "once passed"))
    third = run(*words[1:], cwd=tmp_path)
    assert third.returncode == 0, third.stderr
    assert third.stdout == second.stdout
    assert path.read_text().count("once passed") == 24  # the judging is not repeated
    write(tmp_path / "s.jsonl", SAMPLES)
    other = run(*words[1:], cwd=tmp_path)
    assert other.returncode == 2
    assert "holds the verdicts of other samples" in other.stderr
    assert run(*words[1:], "--fresh", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--samples", "none.jsonl"], "--samples: no such file: none.jsonl"),
        (["--task", "humanevil", "--samples", "s.jsonl"], "humaneval"),
        (["--task", "humaneval", "--samples", "s.jsonl", "-o", "s.jsonl"], "--out: cannot write to s.jsonl"),
        (["--samples", "s.jsonl"], "has no answer; name the questions with --task"),
        (["--task", "humaneval", "--samples", "s.jsonl", "--limit", "0"], "--limit: 0 is too small"),
        (["--task", "humaneval", "--samples", "s.jsonl", "--confidence", "95"], "--confidence: 95.0 must be between"),
    ],
)
def test_bad_input(tmp_path: Path, words: list[str], said: str) -> None:
    write(tmp_path / "s.jsonl", SAMPLES)
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    *remarks, error = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert "Traceback" not in remarks
    assert not (tmp_path / "results").exists()


MATH = {"problem": "What is $3 + 7$?", "answer": "10"}


def test_verdicts_are_not_kept_for_other_tests_under_the_same_id(tmp_path: Path) -> None:
    mbpp = {"task_id": 2, "text": "Add two numbers.", "code": "", "test_setup_code": "", "challenge_test_list": []}
    write(tmp_path / "s.jsonl", [{"task_id": "mbpp/2", "solution": "def add(a, b):\n    return a + b\n"}])
    words = ["--task", "mbpp", "--samples", "s.jsonl", "--data-dir", ".", "-o", "out", "--workers", "1"]
    write(tmp_path / "mbpp.jsonl", [mbpp | {"test_list": ["assert add(1, 2) == 3"]}])
    first = run(*words, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    write(tmp_path / "mbpp.jsonl", [mbpp | {"test_list": ["assert add(1, 2) == 3", "assert add(2, 2) == 5"]}])
    second = run(*words, cwd=tmp_path)
    assert second.returncode == 2
    assert "or of the same on other questions or tests" in second.stderr
    third = run(*words, "--fresh", cwd=tmp_path)
    assert third.returncode == 0, third.stderr
    assert json.loads((tmp_path / "out/mbpp/metrics.json").read_text())["evaluation"]["accuracy"] == 0


def test_a_key_is_of_all_that_a_sample_is_judged_by(tmp_path: Path) -> None:
    def key(question: Question) -> str:
        return verdict_keys([(question, Completion((), "5", FinishReason.STOP))])[0]

    plain = Question("q", ({"role": "user", "content": "2 + 3"},), "5")
    assert key(plain) == key(replace(plain, solution="not for the judge"))
    others = [
        replace(plain, messages=({"role": "user", "content": "3 + 2"},)),
        replace(plain, answer="6"),
        replace(plain, extraction=Extraction.CHOICE),
        replace(plain, meta={"tests": ["assert 1"]}),
    ]
    assert len({key(plain), *map(key, others)}) == 5
    # Tests that lie in a file count by what the file says, not by where it is.
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n{"x": 2}\n')
    (tmp_path / "b.jsonl").write_text('{"x": 1}\n{"x": 3}\n')
    places = [("a", 0), ("b", 0), ("a", 9), ("b", 9)]
    stored = [replace(plain, meta={"tests": StoredTests(str(tmp_path / f"{n}.jsonl"), at)}) for n, at in places]
    assert key(stored[0]) == key(stored[1])
    assert len({key(question) for question in stored}) == 3
    evalplus = [
        replace(plain, judge="evalplus", meta={"dataset": "mbpp", "data": str(tmp_path / f"{name}.jsonl")})
        for name in "ab"
    ]
    assert key(evalplus[0]) != key(evalplus[1])


def test_a_folder_has_one_writer_and_is_looked_at_first(tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", [MATH | {"completion": "\\boxed{10}"}])
    (tmp_path / "out").mkdir()
    with (tmp_path / "out/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = run("--samples", "s.jsonl", "-o", "out", cwd=tmp_path)
    assert held.returncode == 2
    assert held.stderr == "error: --out: another process is writing to out; wait for it, or stop it\n"
    unwritable = run("--samples", "s.jsonl", "-o", "/proc/out", cwd=tmp_path)
    assert unwritable.returncode == 2
    (line,) = unwritable.stderr.splitlines()  # no word of a sandbox or of coverage before it
    assert line.startswith("error: --out: cannot write to /proc/out: ")


def test_the_limit_counts_questions_of_the_file(tmp_path: Path) -> None:
    lines = [{"id": name, "completion": f"\\boxed{{{answer}}}", "answer": "1"} for name in "abc" for answer in (1, 2)]
    write(tmp_path / "s.jsonl", lines)
    done = run("--samples", "s.jsonl", "-o", "out", "--limit", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    verdicts = (tmp_path / "out/answers/verdicts.jsonl").read_text().splitlines()
    assert [json.loads(line)["question_id"] for line in verdicts] == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("humanevl", "--task: no task of ours is called 'humanevl'; did you mean humaneval"),
        ("gsm8k_cot", "--task: gsm8k_cot is a task of lm-eval's; only `sdzero-bench eval --tasks gsm8k_cot` takes it"),
        ("math500", "leave --task out and give every line of --samples `problem`, `answer` and `completion`"),
    ],
)
def test_a_task_that_cannot_be_had(tmp_path: Path, task: str, said: str) -> None:
    write(tmp_path / "s.jsonl", [MATH | {"completion": "\\boxed{10}"}])
    caches = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    environment = {key: value for key, value in os.environ.items() if key != "SDZERO_DATA_DIR"} | caches
    done = run("--task", task, "--samples", "s.jsonl", cwd=tmp_path, env=environment)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert said in line
