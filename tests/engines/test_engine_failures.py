"""vLLM and DeepSpeed that fail: out of memory, a sampler that raises, a rank that is killed, Ctrl-C.

Every failure ends with one line and an exit code, and the same command goes on to the result of a run left alone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from launch import SMALL_RFT

pytest.importorskip("vllm")
pytest.importorskip("deepspeed")

pytestmark = pytest.mark.long
HERE = Path(__file__).parent
SETTINGS = [*SMALL_RFT, "rft.epochs=3"]
# ZeRO in the precisions and with the options that take other ways through DeepSpeed.
STEPS = [
    [{"zero_stage": 0}, {}],
    [{"zero_stage": 2}, {}],
    [{"zero_stage": 2, "offload_optimiser": True}, {"dtype": "bfloat16"}],
    [{"zero_stage": 3}, {"dtype": "bfloat16", "gradient_checkpointing": True}],
]
AT_BASE, AT_TRAINING, IN_TRAINING = "00/eval/metrics.json", "01/sample.json", "01/checkpoint-rft-000002"


def test_a_step_that_ran_out_of_memory_is_made_again(tiny_model: Path) -> None:
    """To 1e-6 the same losses, norms, weights and scores as with the smaller limit from the start (1 rank)."""
    done = subprocess.run(
        [sys.executable, str(HERE / "retried_steps.py"), str(tiny_model), json.dumps(STEPS)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(lines) == 5 * len(STEPS)
    for line in lines:
        assert line["limit"] == 75, line
        if line["place"] == "score":
            assert line["logprobs"] <= 1e-6, line
        else:
            assert line["retries"] == 1, line
            assert max(line["loss"], line["norm"], line["weights"]) <= 1e-6 < line["moved"], line
    assert done.stderr.count("out of memory with 150 of backend.micro_batch_tokens 160: going on with 75") == len(lines)


def start(run: Path, processes: int, fault: tuple[str, str, int] | None = None) -> subprocess.Popen[str]:
    """fault: (engine, the file of the run from which on it fails, on which rank)."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    command = [str(HERE / "faulty_run.py"), "train", "--method", "rft", "--rounds", "1", "--out", str(run), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if fault:
        environment["FAULT"] = json.dumps([fault[0], str(run / "rounds" / fault[1]), fault[2]])
    return subprocess.Popen(
        [sys.executable, *(launcher if processes > 1 else []), *command, "--backend", "vllm-deepspeed"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)"""
    try:
        out, error = process.communicate(timeout=250)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
    return process.returncode, out, error


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()[1][-4000:]
        time.sleep(0.01)


def rank_of(launcher: int, rank: int) -> int:
    """The process of this rank under torchrun."""
    for child in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split():
        if f"RANK={rank}" in Path(f"/proc/{child}/environ").read_text().split("\0"):
            return int(child)
    raise AssertionError(f"no rank {rank}")


def assert_same(hunted: Path, calm: Path) -> None:
    for name in ("samples-sample.parquet", "eval/samples.parquet"):
        assert pd.read_parquet(hunted / "rounds/01" / name).equals(pd.read_parquet(calm / "rounds/01" / name)), name
    for name in ("metrics-rft.jsonl",):
        assert (hunted / "rounds/01" / name).read_text() == (calm / "rounds/01" / name).read_text()


@pytest.mark.timeout(900)
def test_two_ranks_fail_and_go_on(tmp_path: Path) -> None:
    calm, hunted = tmp_path / "calm", tmp_path / "hunted"
    code, table, error = ended(start(calm, 2))
    assert code == 0, error[-4000:]

    process = start(hunted, 2, ("trainer", AT_TRAINING, 1))
    wait_for(hunted / "rounds" / AT_TRAINING, process)
    begun = time.monotonic()
    code, _, error = ended(process)
    assert code == 1
    assert "error: rank 1 is out of memory with" in error
    assert "repeat the command with --set backend.micro_batch_tokens=" in error
    print(f"out of memory on rank 1: ended after {time.monotonic() - begun:.1f} s")

    process = start(hunted, 2)
    wait_for(hunted / "rounds" / IN_TRAINING, process)
    os.kill(rank_of(process.pid, 1), signal.SIGKILL)
    begun = time.monotonic()
    code, _, error = ended(process)
    print(f"rank 1 killed: ended after {time.monotonic() - begun:.1f} s\n{error[-3000:]}")
    assert code == 1
    assert not (hunted / "rounds/01/rft.json").exists(), "the kill came too late"

    code, resumed, error = ended(start(hunted, 2))
    assert code == 0, error[-4000:]
    assert resumed == table
    assert_same(hunted, calm)


@pytest.mark.timeout(600)
def test_one_process_fails_and_goes_on(tmp_path: Path) -> None:
    calm, hunted = tmp_path / "calm", tmp_path / "hunted"
    code, table, error = ended(start(calm, 1))
    assert code == 0, error[-4000:]

    code, _, error = ended(start(hunted, 1, ("sampler", AT_BASE, 0)))
    assert code == 1
    assert (
        error.strip()
        .splitlines()[-1]
        .startswith("error: the sampler (vLLM) died: RuntimeError: CUDA error: an illegal")
    )

    process = start(hunted, 1)
    wait_for(hunted / "rounds" / IN_TRAINING, process)
    process.send_signal(signal.SIGINT)
    code, _, error = ended(process)
    print(error[-2000:])
    assert "interrupted: everything finished is kept, and the same command goes on from there" in error
    assert "Traceback" not in error
    assert code != 0
    assert not (hunted / "rounds/01/rft.json").exists(), "the signal came too late"

    code, resumed, error = ended(start(hunted, 1))
    assert code == 0, error[-4000:]
    assert resumed == table
    assert_same(hunted, calm)
