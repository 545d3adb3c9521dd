"""hf-accelerate out of memory: halved and made again with the same result; a run goes on with a smaller setting."""

import json
from pathlib import Path

import pytest
import yaml
from launch import run_python
from short_of_memory import widened

from sdzero_bench import rundir
from sdzero_bench.config_files import dump_config, load_config
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory

SCRIPT = str(Path(__file__).parent / "short_of_memory.py")
# glibc gives every block above a megabyte back at once, so that what is left to a process is what the test says.
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_ARENA_MAX": "1"}


def test_what_does_not_fit_is_halved_and_made_again(tiny_model: Path, tmp_path: Path) -> None:
    """Megabytes chosen between what half and what all of it needs: update 200 and 390, score 140 and 260, generate 35
    and 65."""
    output = run_python([SCRIPT, str(tiny_model), str(tmp_path / "wide"), "280", "190", "50"], **ENVIRONMENT)
    got = json.loads(output.splitlines()[-1])
    assert got["update"] == {"limit": 504, "retries": [1.0, None], "figures": 0.0, "weights": 0.0}
    assert got["score"] == {"limit": 512, "logprobs": 0.0}
    assert got["generate"] == {"limit": 64, "same": True, "done": 128, "of": 128}
    assert "with one sequence at a time" in got["refused"]
    assert "backend.micro_batch_tokens" in got["refused"]
    said = [line for line in output.splitlines() if line.startswith("out of memory")]
    assert "out of memory with 1008 of backend.micro_batch_tokens 1024: going on with 504" in said[0]
    assert sum("backend.sample_batch 128: going on with 64" in line for line in said) == 1


def test_one_rank_of_two_is_short_of_memory(tiny_model: Path, tmp_path: Path) -> None:
    """It tries again alone; both ranks report it, and the result is that of undisturbed ranks."""
    widened(tiny_model, tmp_path / "wide")
    output = run_python(
        [SCRIPT, str(tiny_model), str(tmp_path / "wide"), "145", "95", "25"],
        processes=2, SHORT_RANK="1", **ENVIRONMENT,
    )  # fmt: skip
    (got,) = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert got["update"] == {"limit": 1024, "retries": [2.0, None], "figures": 0.0, "weights": 0.0}  # rank 0's limit
    assert got["score"]["logprobs"] == 0.0
    assert got["generate"]["same"]
    assert "rank 1: out of memory with 1024 of backend.micro_batch_tokens 1024: going on with 512" in output
    assert "rank 1: out of memory with 504 of backend.micro_batch_tokens 512: going on with 252" in output
    assert "rank 1: out of memory with 64 of backend.sample_batch 128: going on with 32" in output


def config_yaml(*settings: str) -> str:
    return dump_config(load_config(None, settings, model="embedded", questions__train="arithmetic"))


def begun(root: Path, *settings: str) -> RunDirectory:
    """A run directory whose process has ended."""
    directory = RunDirectory(root)
    directory.prepare(config_yaml(*settings), {})
    rundir._HELD.clear()
    return directory


def test_a_run_goes_on_with_less_memory(tmp_path: Path) -> None:
    directory = begun(tmp_path / "run")
    smaller = config_yaml(
        "backend.micro_batch_tokens=8192", "backend.gradient_checkpointing=true",
        "backend.options={gpu_memory_utilization: 0.3}",
    )  # fmt: skip
    directory.prepare(smaller, {})
    assert directory.notes(0) == [
        "resumed with backend.gradient_checkpointing: True in place of False",
        "resumed with backend.micro_batch_tokens: 8192 in place of 16384",
        "resumed with backend.options.gpu_memory_utilization: 0.3 in place of the default",
    ]
    assert yaml.safe_load((directory.root / "run.yaml").read_text())["backend"]["micro_batch_tokens"] == 8192


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("backend.dtype=bfloat16", "backend"),
        ("backend.options={zero_stage: 3}", "backend"),
        ("sampling.max_new_tokens=10", "sampling"),
        ("rounds=1", "rounds"),
    ],
)
def test_what_changes_the_result_is_another_run(tmp_path: Path, setting: str, field: str) -> None:
    directory = begun(tmp_path / "run", "rounds=2")
    before = (directory.root / "run.yaml").read_text()
    with pytest.raises(UserError, match=rf"they differ in {field}\)"):
        directory.prepare(config_yaml("rounds=2", "backend.micro_batch_tokens=8192", setting), {})
    assert (directory.root / "run.yaml").read_text() == before
    assert directory.notes(0) == []
