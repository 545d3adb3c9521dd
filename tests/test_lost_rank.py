"""One of two ranks is killed while they train: the other ends with one line, and the run goes on to the same result."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from launch import SMALL_RFT
from serving import free_ports

# Long enough a training to be killed in.
SETTINGS = [*SMALL_RFT, "rft.epochs=6"]


def ranks(run: Path) -> list[subprocess.Popen[str]]:
    """Two processes that meet without a launcher, which would end one rank when the other is gone."""
    port = free_ports(1)
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    command = [sys.executable, "-m", "sdzero_bench", "train", "--method", "rft", "--rounds", "1", "--out", str(run)]
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    return [
        subprocess.Popen(
            [*command, *options],
            env={**os.environ, **group, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip


def finished(run: Path) -> str:
    """What rank 0 prints."""
    first, second = ranks(run)
    printed, error = first.communicate(timeout=200)
    assert second.wait(60) == first.returncode == 0, error + second.communicate()[1]
    return printed


@pytest.mark.long
def test_a_rank_is_killed_while_it_trains(tmp_path: Path) -> None:
    calm, hunted = tmp_path / "calm", tmp_path / "hunted"
    table = finished(calm)
    first, second = ranks(hunted)
    while not (hunted / "rounds/01/checkpoint-rft-000002").exists():
        assert first.poll() is None, first.communicate()[1]
        time.sleep(0.005)
    second.send_signal(signal.SIGKILL)
    _, error = first.communicate(timeout=60)
    second.communicate()
    assert first.returncode == 1
    assert error.strip().splitlines()[-1].startswith("error: another process of this run has ended"), error
    assert "Traceback" not in error
    assert not (hunted / "rounds/01/rft.json").exists(), "the kill came too late"
    assert finished(hunted) == table
    for name in ("samples-sample.parquet", "metrics-rft.jsonl", "eval/samples.parquet"):
        assert (hunted / "rounds/01" / name).read_bytes() == (calm / "rounds/01" / name).read_bytes(), name
