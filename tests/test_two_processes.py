"""One round under a launcher with two processes on the CPU gives what one process gives."""

import json
from pathlib import Path

import pandas as pd
import pytest
from launch import run_python

SETTINGS = [
    "questions.train=arithmetic?split=train&size=40", "questions.evaluation=arithmetic?split=evaluation&size=12",
    "questions.per_round=36", "samples_per_round=144", "distil.prompts_per_step=16", "srt.batch_size=8", "srt.epochs=1",
    "sdzero.reviser_questions=12", "evaluation.k=1", "verifier_workers=1", "backend.threads=1", "checkpoint_every=2",
]  # fmt: skip


def losses(run: Path, phase: str) -> list[float]:
    rows = map(json.loads, (run / f"rounds/01/metrics-{phase}.jsonl").read_text().splitlines())
    return [row["loss"] for row in rows if "loss" in row]


def test_two_processes_give_the_same_round(tmp_path: Path) -> None:
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    for processes in (1, 2):
        run = tmp_path / f"{processes}"
        run_python(["-m", "sdzero_bench", "train-round", "--out", str(run), *options], processes)
    one, two = tmp_path / "1", tmp_path / "2"
    for name in ("samples-draft.parquet", "samples-revision.parquet"):
        assert pd.read_parquet(one / "rounds/01" / name).equals(pd.read_parquet(two / "rounds/01" / name))
    for phase in ("srt", "distil"):
        assert losses(two, phase) == pytest.approx(losses(one, phase), rel=1e-3, abs=1e-4), phase
    assert len(losses(one, "distil")) >= 2
