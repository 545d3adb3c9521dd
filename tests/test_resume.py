"""A run killed with SIGKILL in every phase of a round ends with the same table as one that was left alone."""

import signal
import subprocess
import sys
import time
from pathlib import Path

SETTINGS = [
    "questions.train=arithmetic?split=train&size=96", "questions.evaluation=arithmetic?split=evaluation&size=24",
    "questions.per_round=48", "samples_per_round=256", "checkpoint_every=2", "distil.prompts_per_step=16",
    "srt.batch_size=16", "srt.epochs=3", "srt.question_share=0.67", "sdzero.reviser_questions=24",
    "evaluation.k=2", "backend.threads=1", "verifier_workers=1",
]  # fmt: skip
# The kill comes as soon as the file on the left is there, that is, at the start of the phase on the right.
KILL_WHEN = {
    "run.yaml": "base evaluation",
    "rounds/00/eval/metrics.json": "drafts",
    "rounds/01/draft.json": "revisions",
    "rounds/01/revision.json": "SRT",
    "rounds/01/checkpoint-srt-000002": "SRT, from a checkpoint",
    "rounds/01/srt.json": "reviser check",
    "rounds/01/reviser.json": "distillation",
    "rounds/01/checkpoint-distil-000002": "distillation, from a checkpoint",
    "rounds/01/distil.json": "end of the round",
    "rounds/01/trained.json": "evaluation",
}


def command(out: Path) -> list[str]:
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    return [sys.executable, "-m", "sdzero_bench", "train", "--rounds", "1", "--out", str(out), *options]


def table(run: Path, *options: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "sdzero_bench", "table", str(run), *options], capture_output=True, text=True, check=True
    ).stdout


def kill_at(run: Path, trigger: Path) -> None:
    process = subprocess.Popen(command(run), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not trigger.exists() and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, process.stderr.read().decode()


def test_killed_in_every_phase(tmp_path: Path) -> None:
    calm, hunted = tmp_path / "calm", tmp_path / "hunted"
    printed = subprocess.run(command(calm), check=True, capture_output=True, text=True).stdout
    for name in KILL_WHEN:
        kill_at(hunted, hunted / name)
        assert not (hunted / "rounds/01/eval/metrics.json").exists(), f"the kill at {name} came too late"
    resumed = subprocess.run(command(hunted), check=True, capture_output=True, text=True).stdout
    assert resumed == printed == table(calm) == table(hunted)
    assert table(hunted, "--format", "csv") == table(calm, "--format", "csv")
    assert not list((hunted / "rounds/01").glob("checkpoint-*"))
    for samples in ("samples-draft.parquet", "samples-revision.parquet", "eval/samples.parquet"):
        assert (hunted / "rounds/01" / samples).read_bytes() == (calm / "rounds/01" / samples).read_bytes()
