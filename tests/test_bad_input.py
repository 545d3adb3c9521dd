"""Bad input gives one clear line and exit code 2 before any training starts, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = [
    "--set",
    "questions.train=arithmetic?size=40",
    "--set",
    "questions.evaluation=arithmetic?split=evaluation&size=8",
]


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sdzero_bench", *words], capture_output=True, text=True, cwd=cwd)


def refused(cwd: Path, *words: str) -> str:
    """The one line of a refusal."""
    done = run(*words, cwd=cwd)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert not (cwd / "results").exists(), "something was started"
    print(lines[0])
    return lines[0]


CASES = [
    (["train", "--questions", "missing.jsonl", "--model", "embedded"], "missing.jsonl"),
    (["train", "--config", "missing.yaml"], "no such file: missing.yaml"),
    (["train", "--method", "ppo"], "method"),
    (["compare", "--methods", "sdzero,ppo"], "unknown method 'ppo'"),
    (["eval", "--tasks", "arithmetik"], "arithmetik"),
    (["train", "--backend", "tpu"], "unknown backend 'tpu'; installed: hf-accelerate"),
    (["train", "--model", "./no-model", "--set", "questions.train=arithmetic"], "no folder ./no-model"),
    (["train", "--model", "./no-model"], "'questions' is missing: give it in the config or with --questions"),
    (["train", "--set", "srt.learning_rate=nan"], "srt.learning_rate"),
    (["train", "--set", "srt.learning_rate=.inf"], "srt.learning_rate"),
    (["train", "--set", "srt.learning_rate=-1"], "srt.learning_rate"),
    (["train", "--rounds", "0"], "rounds"),
    (["train", "--set", "srt.learnin_rate=1"], "did you mean 'learning_rate'?"),
    (["train", "--set", "srt.learning_rate"], "section.field=value"),
    (["train", "--set", "evaluation.k=many"], "evaluation.k"),
    (["train", "--set", "questions.per_round=100000"], "questions.per_round"),
    (["train", "--set", "samples_per_round=10"], "samples_per_round"),
    (["table", "nowhere"], "nowhere"),
    (["table", ".", "--format", "docx"], "unknown format 'docx'"),
    (["train-round", "--run", "nowhere"], "not a run directory"),
]


@pytest.mark.parametrize(("words", "expected"), CASES, ids=[" ".join(words) for words, _ in CASES])
def test_refused(tmp_path: Path, words: list[str], expected: str) -> None:
    assert expected in refused(tmp_path, *words)


def test_config_with_a_misspelt_field(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("model: embedded\nquestions: {train: arithmetic}\nsampling: {temprature: 1}\n")
    line = refused(tmp_path, "train", "--config", "c.yaml")
    assert "c.yaml" in line
    assert "unknown field 'sampling.temprature'; did you mean 'temperature'?" in line


def test_empty_question_set(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert "empty.jsonl" in refused(tmp_path, "train", "--questions", "empty.jsonl", "--model", "embedded")


def test_gold_solutions_are_needed(tmp_path: Path) -> None:
    rows = [{"question": f"{n} + 1 = ?", "answer": str(n + 1)} for n in range(9)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = refused(tmp_path, "train", "--method", "sft", "--questions", "q.jsonl", "--model", "embedded")
    assert "needs gold solutions" in line


def test_a_question_longer_than_the_context(tmp_path: Path) -> None:
    rows = [{"question": "1 + " * 300 + "1 = ?", "answer": "301", "id": "long"}] + [
        {"question": f"{n} + 1 = ?", "answer": str(n + 1)} for n in range(9)
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = refused(
        tmp_path, "train", "--questions", "q.jsonl", "--model", "embedded", "--method", "rft", "--set", "rounds=1"
    )
    assert "takes" in line
    assert "context is 512" in line


def test_a_model_without_chat_template(tmp_path: Path) -> None:
    import shutil

    from sdzero_bench.embedded import model_path

    shutil.copytree(model_path(), tmp_path / "m")
    (tmp_path / "m" / "chat_template.jinja").unlink()
    line = refused(tmp_path, "train", "--model", "m", "--config", str(embedded_config()))
    assert "has no chat template" in line


def test_output_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("precious")
    assert "is not a run directory" in refused(
        tmp_path, "train", "--out", "out", *SMALL, "--set", "questions.per_round=36"
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("words", [["train"], ["compare", "--quick"], ["eval", "--model", "embedded"]])
def test_unwritable_output(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("")  # a file where a folder is needed: unwritable for root too
    line = refused(tmp_path, *words, "--out", "file/out")
    assert "cannot write to" in line


def embedded_config() -> Path:
    from sdzero_bench.cli.options import preset

    return preset("embedded")


def test_help_is_fast(tmp_path: Path) -> None:
    import time

    def seconds() -> float:
        start = time.perf_counter()
        assert run("--help", cwd=tmp_path).returncode == 0
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5, os.getloadavg()
