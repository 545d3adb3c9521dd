"""`score` as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest


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
    start = time.monotonic()
    third = run(*words[1:], cwd=tmp_path)
    assert third.returncode == 0, third.stderr
    assert third.stdout == second.stdout
    assert time.monotonic() - start < 12  # the judging is not repeated
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
