"""The HF-Accelerate backend against the contract suite, in one process and two; backends found by entry point."""

import json
from pathlib import Path

import pytest
import torch
from launch import run_python

from sdzero_bench.backend import backend_names, open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL
from sdzero_bench.types import Sampling

PROMPT = (9, 10, 11, 12, 13)


@pytest.mark.parametrize("processes", [1, 2])
def test_contract(processes):
    out = run_python(["-m", "sdzero_bench.contract"], processes)
    assert out.count("[100%]") == processes, out[-3000:]


def test_contract_with_untied_embeddings(untied_tiny_model):
    run_python(["-m", "sdzero_bench.contract", "--model", str(untied_tiny_model), "-k", "greedy or score or update"])


@pytest.mark.long
def test_two_processes_train_and_sample_as_one(tiny_model, tmp_path):
    script = str(Path(__file__).with_name("backend_trace.py"))
    traces = []
    for processes in (1, 2):
        out = tmp_path / f"{processes}.json"
        run_python([script, str(tiny_model), str(out)], processes)
        traces.append(json.loads(out.read_text()))
        assert traces[-1].pop("world_size") == processes
    one, two = traces
    assert one.pop("tokens") == two.pop("tokens")
    for objective, losses in one.items():
        torch.testing.assert_close(torch.tensor(two[objective]), torch.tensor(losses), atol=1e-5, rtol=1e-5)


def test_a_strangers_backend_plugs_in(tmp_path, monkeypatch):
    """A package with an entry point of our group, as pip would leave it on sys.path."""
    (tmp_path / "stranger.py").write_text("def open_it(config, model, seed):\n    return config.name, model, seed\n")
    metadata = tmp_path / "stranger-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[sdzero_bench.backends]\ntheirs = stranger:open_it\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert {"theirs", "hf-accelerate"} <= set(backend_names())
    assert open_backend(BackendConfig(name="theirs"), "folder", 3) == ("theirs", "folder", 3)


def test_an_unknown_backend_names_the_installed_ones():
    with pytest.raises(UserError, match=r"^backend: unknown backend 'vlm'; installed: .*hf-accelerate[^\n]*$"):
        open_backend(BackendConfig(name="vlm"), "folder", 0)


def test_a_missing_model_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^model: cannot load [^\n]*nowhere[^\n]*$"):
        open_backend(BackendConfig(device="cpu"), tmp_path / "nowhere", 0)


def test_one_backend_after_another(tiny_model):
    """A comparison opens one backend a run: bfloat16 after float32, and closing one leaves the other working."""
    first = open_backend(BackendConfig(device="cpu"), tiny_model, 0)
    expected = first.score([PROMPT])[0]
    second = open_backend(BackendConfig(device="cpu", dtype="bfloat16"), tiny_model, 0)
    rounded = second.score([PROMPT])[0]
    assert 0 < (rounded - expected).abs().max() < 0.2
    second.close()
    assert torch.equal(first.score([PROMPT])[0], expected)
    third = open_backend(BackendConfig(device="cpu"), tiny_model, 0)
    assert third.generate([PROMPT], Sampling(4)) == first.generate([PROMPT], Sampling(4))


def test_gradient_checkpointing_changes_no_loss(tiny_model):
    metrics = []
    for checkpointing in (False, True):
        backend = open_backend(BackendConfig(device="cpu", gradient_checkpointing=checkpointing), tiny_model, 0)
        backend.begin_training(OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT), steps=1)
        metrics.append(backend.update([Example(PROMPT, (0, 0, 1, 1, 1))], NLL()))
    assert metrics[1].loss == pytest.approx(metrics[0].loss, rel=1e-6)
    assert metrics[1].grad_norm == pytest.approx(metrics[0].grad_norm, rel=1e-5)


def test_an_exploding_update_stops_the_run(tiny_model):
    """Before the step: the weights stay finite."""
    backend = open_backend(BackendConfig(device="cpu"), tiny_model, 0)
    backend.begin_training(OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT), steps=1)
    with pytest.raises(RunError, match="learning rate"):
        backend.update([Example(PROMPT, (0, 0, 1, 1, float("inf")))], NLL())
    assert backend.score([PROMPT])[0].isfinite().all()
