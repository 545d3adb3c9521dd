"""The commands that neither train nor compare: eval, tasks, backends, --dry-run; and progress in a log."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml


def sdzero_bench(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "sdzero_bench", *words], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


def test_eval_writes_samples_and_figures(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(json.dumps({"question": "3 + 7 - 4 = ?", "answer": "6"}) + "\n")
    words = ["--tasks", "arithmetic?split=evaluation&size=12,mine.jsonl", "-s", "evaluation.k=3", "--out", "out"]
    done = sdzero_bench("eval", "--model", "embedded", *words, cwd=tmp_path)
    line = next(line for line in done.stdout.splitlines() if line.startswith("mine.jsonl"))
    assert line.split()[1:3] == ["1", "3"]  # questions, k
    (folder,) = (tmp_path / "out").glob("arithmetic-split-evaluation-size-12-*")
    figures = json.loads((folder / "metrics.json").read_text())["evaluation"]
    samples = pd.read_parquet(folder / "samples.parquet")
    answers = samples[samples.role == "evaluation"]
    assert len(answers) == 36
    assert figures["accuracy"] == pytest.approx(answers.reward.mean())
    assert figures["length_mean"] == pytest.approx(answers.length.mean())
    assert (samples.role == "revision").sum() == 12


def test_dry_run_prints_plan_and_config_and_starts_nothing(tmp_path: Path) -> None:
    printed = sdzero_bench("compare", "--dry-run", "--set", "seed=7", cwd=tmp_path).stdout
    config = yaml.safe_load(printed)  # the plan is a comment: the output is a config that can be used
    assert config["seed"] == 7
    assert config["model"] == "embedded"
    assert "# sdzero round 1: draft 400, revision 1,200, distil" in printed
    assert not list(tmp_path.iterdir())
    (tmp_path / "again.yaml").write_text(printed)
    assert sdzero_bench("compare", "--config", "again.yaml", "--dry-run", cwd=tmp_path).stdout == printed


def test_lists(tmp_path: Path) -> None:
    assert "hf-accelerate" in sdzero_bench("backends", cwd=tmp_path).stdout
    printed = sdzero_bench("tasks", cwd=tmp_path).stdout
    assert "arithmetic" in printed
    assert "reasoning_gym:" in printed


@pytest.mark.parametrize("command", ["train-round", "train", "eval", "compare", "table", "fetch-model"])
def test_every_help_has_an_example(tmp_path: Path, command: str) -> None:
    assert f"Example: sdzero-bench {command}" in sdzero_bench(command, "--help", cwd=tmp_path).stdout


def test_progress_in_a_log_is_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from sdzero_bench import progress

    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with progress.Lines().task("sdzero round 1 draft", 500, "samples") as task:
        task.update(300, 500)
    line = capsys.readouterr().err
    assert line.startswith("sdzero round 1 draft: 300/500 samples, ")
    assert line.endswith("s left\n")
