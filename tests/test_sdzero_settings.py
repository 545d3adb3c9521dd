"""Settings of real rounds: what a weak reviser leads to, the authors' two stages, what is left out and noted."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pandas as pd
from launch import run_python

SETTINGS = [
    "questions.train=arithmetic?split=train&size=40", "questions.evaluation=arithmetic?split=evaluation&size=12",
    "questions.per_round=36", "samples_per_round=144", "distil.prompts_per_step=8", "srt.batch_size=16", "srt.epochs=1",
    "sdzero.reviser_questions=12", "evaluation.k=1", "verifier_workers=1", "backend.threads=1", "checkpoint_every=2",
    "sdft.prompts_per_step=48",
]  # fmt: skip
# A reviser that cannot be better: it has one token to answer with.
WEAK = ["evaluation.max_new_tokens=1"]


def words(run: Path, *settings: str, method: str = "sdzero") -> list[str]:
    options = [word for setting in (*SETTINGS, *settings) for word in ("--set", setting)]
    return ["-m", "sdzero_bench", "train-round", "--method", method, "--out", str(run), *options]


def notes(run: Path) -> str:
    return "\n".join(json.loads(line)["note"] for line in (run / "notes.jsonl").read_text().splitlines())


def phases(run: Path) -> set[str]:
    return {path.stem for path in (run / "rounds/01").glob("*.json")}


def samples(run: Path) -> int:
    return sum(len(pd.read_parquet(path)) for path in (run / "rounds/01").glob("samples-*.parquet"))


def test_a_weak_reviser_can_stop_the_run(tmp_path: Path) -> None:
    run_python(words(tmp_path / "run", "sdzero.weak_reviser=stop", *WEAK))
    assert "the reviser is no better than the generator" in notes(tmp_path / "run")
    assert "stopped before distillation" in notes(tmp_path / "run")
    assert phases(tmp_path / "run") == {"draft", "revision", "srt", "reviser", "stopped", "trained"}
    done = subprocess.run(
        [sys.executable, "-m", "sdzero_bench", "train-round", "--run", "run"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "was stopped in round 1" in done.stderr


def test_a_weak_reviser_can_be_trained_again_within_the_budget(tmp_path: Path) -> None:
    run_python(words(tmp_path / "run", "sdzero.weak_reviser=revise_again", "srt.question_share=0.6", *WEAK))
    assert "the reviser is trained once more, on 14 questions" in notes(tmp_path / "run")
    assert {"srt", "srt-again", "reviser-again"} <= phases(tmp_path / "run")
    assert samples(tmp_path / "run") <= 144
    assert "distillation was left out: the sample budget of the round is spent" in notes(tmp_path / "run")


def test_the_authors_two_stages(tmp_path: Path) -> None:
    run_python(words(tmp_path / "run", "srt.stages=two_stage", "srt.clean=true", "sdzero.distil=false"))
    assert {"srt-generation", "srt-revision"} <= phases(tmp_path / "run")
    assert "distil" not in phases(tmp_path / "run")


def test_responses_that_do_not_fit_the_teacher_are_counted(tmp_path: Path) -> None:
    run_python(words(tmp_path / "run", "sdft.max_teacher_tokens=40", method="sdft"))
    assert "144 of 144 samples were left out: question and demonstration fill the teacher's context" in notes(
        tmp_path / "run"
    )
    assert "no update was made, the weights stay as they were" in notes(tmp_path / "run")


def test_bars_in_a_terminal(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    command = [sys.executable, *words(tmp_path / "run", "srt.question_share=0.4")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=child, env={**os.environ, "TERM": "xterm"})
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    assert process.wait() == 0, shown.decode()
    assert b"updates" in shown
    assert "━".encode() in shown
