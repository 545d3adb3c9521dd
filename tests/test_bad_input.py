"""Bad input gives one clear line and exit code 2 before any training starts, and never a traceback."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sdzero_bench.cli.app import main

Refused = Callable[..., str]

SMALL = [
    "--set",
    "questions.train=arithmetic?size=40",
    "--set",
    "questions.evaluation=arithmetic?split=evaluation&size=8",
]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`refused(*words)`: the one line of a refusal. In this process: a new one would import torch for every case."""

    def call(*words: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["sdzero-bench", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr().err
        assert ended.value.code == 2, said
        # Beside it "loading MODEL", and bars of a transformers that another test imported before `main` quiets it.
        lines = [line for line in said.strip().splitlines() if line and not line.lower().startswith("loading ")]
        assert len(lines) == 1, said
        assert lines[0].startswith("error: ")
        assert not (tmp_path / "results").exists(), "something was started"
        return lines[0]

    return call


def test_a_process_exits_with_2_and_one_line(tmp_path: Path) -> None:
    done = run("table", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("error: ")


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sdzero_bench", *words], capture_output=True, text=True, cwd=cwd)


CASES = [
    (["train", "--questions", "missing.jsonl", "--model", "embedded"], "missing.jsonl"),
    (["train", "--config", "missing.yaml"], "no such file: missing.yaml"),
    (["train", "--method", "ppo"], "--method: unknown method 'ppo'; known: sdzero"),
    (["compare", "--methods", "sft,sft"], "--methods: sft is named twice"),
    (["compare", "--config", "qwen3-4b-mth"], "is neither a file nor a recipe; recipes: olmo3-7b-code"),
    (["compare", "--methods", "sdzero,grpo-n8-epoch"], "not an equal comparison: round 1: more samples than the 3,600"),
    (["compare", "--methods", "grpo-n8-epoch,sdzero"], "not an equal comparison: round 1: more samples than the 3,600"),
    (["paper", "99"], "unknown table 'table99'; known: table1"),
    (["paper", "figure3", "--out", "x.pdf", "--runs", "."], "a figure is written as PNG"),
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
def test_refused(refused: Refused, words: list[str], expected: str) -> None:
    assert expected in refused(*words)


def test_config_with_a_misspelt_field(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "c.yaml").write_text("model: embedded\nquestions: {train: arithmetic}\nsampling: {temprature: 1}\n")
    line = refused("train", "--config", "c.yaml")
    assert "c.yaml" in line
    assert "unknown field 'sampling.temprature'; did you mean 'temperature'?" in line


def test_empty_question_set(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert "empty.jsonl" in refused("train", "--questions", "empty.jsonl", "--model", "embedded")


def test_gold_solutions_are_needed(tmp_path: Path, refused: Refused) -> None:
    rows = [{"question": f"{n} + 1 = ?", "answer": str(n + 1)} for n in range(9)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = refused("train", "--method", "sft", "--questions", "q.jsonl", "--model", "embedded")
    assert "needs gold solutions" in line


def test_a_question_longer_than_the_context(tmp_path: Path, refused: Refused) -> None:
    rows = [{"question": "1 + " * 300 + "1 = ?", "answer": "301", "id": "long"}] + [
        {"question": f"{n} + 1 = ?", "answer": str(n + 1)} for n in range(9)
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = refused("train", "--questions", "q.jsonl", "--model", "embedded", "--method", "rft", "--set", "rounds=1")
    assert "takes" in line
    assert "context is 512" in line


def test_a_model_without_chat_template(tmp_path: Path, refused: Refused) -> None:
    import shutil

    from sdzero_bench.embedded import model_path

    shutil.copytree(model_path(), tmp_path / "m")
    (tmp_path / "m" / "chat_template.jinja").unlink()
    line = refused("train", "--model", "m", "--config", str(embedded_config()))
    assert "has no chat template" in line


def test_output_that_is_something_else(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("precious")
    assert "is not a run directory" in refused("train", "--out", "out", *SMALL, "--set", "questions.per_round=36")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("words", [["train"], ["compare", "--quick"], ["eval", "--model", "embedded"]])
def test_unwritable_output(tmp_path: Path, refused: Refused, words: list[str]) -> None:
    (tmp_path / "file").write_text("")  # a file where a folder is needed: unwritable for root too
    line = refused(*words, "--out", "file/out")
    assert "cannot write to" in line


def embedded_config() -> Path:
    from sdzero_bench.cli.options import preset

    return preset("embedded")


def test_help_is_fast(tmp_path: Path) -> None:
    """Processor time, so that what else the machine does has no part in it."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("--help", cwd=tmp_path).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5
