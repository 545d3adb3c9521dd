"""`--track` at the command line, who a run is to trackers, and what its metrics are called; no tracker is needed."""

import sys

import pytest

from sdzero_bench.cli.app import main
from sdzero_bench.comparison_folder import write_comparison
from sdzero_bench.config_files import load_config
from sdzero_bench.rundir import Cost
from sdzero_bench.tracking.figures import budget_figures, evaluation_figures, phase_figures, training_figures
from sdzero_bench.tracking.identity import identity_of


def refusal(words, monkeypatch, capfd, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sdzero-bench", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capfd.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    (line,) = said.err.strip().splitlines()
    assert not list(tmp_path.iterdir())
    return line


@pytest.mark.parametrize("command", ["train", "train-round", "compare"])
def test_an_unknown_tracker_is_refused(command, monkeypatch, capfd, tmp_path):
    line = refusal([command, "--track", "tensorbord"], monkeypatch, capfd, tmp_path)
    assert line == "error: --track: unknown tracker 'tensorbord'; known: tensorboard, wandb, trackio"
    assert "names no tracker; known: " in refusal([command, "--track", ","], monkeypatch, capfd, tmp_path)


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "trackio"])
def test_a_missing_package_is_named_with_its_extra(name, monkeypatch, capfd, tmp_path):
    monkeypatch.setattr("sdzero_bench.tracking.names.find_spec", lambda package: None)
    line = refusal(["compare", "--track", name], monkeypatch, capfd, tmp_path)
    assert line == f"error: --track: {name} is not installed: pip install 'sdzero-bench[{name}]'"


def test_wandb_without_a_login_is_refused_in_one_line(monkeypatch, capfd, tmp_path_factory):
    pytest.importorskip("wandb")
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "NETRC"):
        monkeypatch.setenv(name, str(home / "netrc" if name == "NETRC" else home))
    import wandb

    wandb.teardown()  # what it read of its settings before
    line = refusal(["train", "--track", "wandb"], monkeypatch, capfd, tmp_path_factory.mktemp("here"))
    assert line.startswith("error: --track wandb: no login is known: `wandb login` or WANDB_API_KEY=...")
    assert "WANDB_MODE=offline" in line


def test_a_run_of_a_comparison_belongs_to_its_group(tmp_path):
    config = load_config(None, ["seed=3"], model="embedded", questions__train="arithmetic", method="grpo")
    write_comparison(tmp_path / "compare-mine", ["grpo"], [], {})
    for name in ("grpo", "rft"):
        (tmp_path / "compare-mine" / name).mkdir()
    first = identity_of(tmp_path / "compare-mine" / "grpo", config)
    assert (first.name, first.group) == ("grpo-s3", "compare-mine")
    assert identity_of(tmp_path / "compare-mine" / "grpo", config) == first  # in every process
    assert identity_of(tmp_path / "compare-mine" / "rft", config).id != first.id
    (tmp_path / "alone").mkdir()
    of_variant = config.model_copy(update={"label": "grpo-n8"})
    alone = identity_of(tmp_path / "alone", of_variant)
    assert (alone.name, alone.group) == ("grpo-n8-s3", None)


def test_names_of_training_figures():
    sampled = {"step": 2, "reward": 0.5, "length": 31.5, "left_out": 8, "samples": 16, "sampled_tokens": 504}
    assert training_figures(sampled) == {
        "train/reward": 0.5, "train/completion_length": 31.5, "train/left_out": 8.0,
    }  # fmt: skip
    updated = {
        "step": 2, "loss": 0.1, "grad_norm": 1.5, "learning_rate": 3e-4, "clip_fraction": 0.01, "reference_kl": 0.2,
        "trained_tokens": 504,
    }  # fmt: skip
    assert training_figures(updated) == {
        "train/loss": 0.1, "train/grad_norm": 1.5, "train/learning_rate": 3e-4, "train/clip_ratio": 0.01,
        "train/kl": 0.2,
    }  # fmt: skip


def test_names_of_phase_and_evaluation_figures():
    cost = Cost(samples=4, sampled_tokens=120, seconds=2.0)
    assert phase_figures("draft", {"right": 3}, cost) == {
        "time/draft": 2.0, "rollout/draft/reward": 0.75, "rollout/draft/completion_length": 30.0,
    }  # fmt: skip
    revision = {"draft_accuracy": 0.5, "revision_accuracy": 0.75, "gain": 0.25, "gain_low": None, "right_kept": None}
    assert phase_figures("reviser", {"better": True, "revision": revision}, cost) == {
        "time/reviser": 2.0, "teacher/draft_accuracy": 0.5, "teacher/revision_accuracy": 0.75,
        "teacher/revision_gain": 0.25,
    }  # fmt: skip
    summary = {"k": 8, "accuracy": 0.6, "pass_at_1": 0.6, "pass_at_8": 0.9, "pass_at_k": 0.9, "pass_at_k_low": 0.8,
               "maj_at_k": 0.7, "length_mean": 30.0, "length_unit": "tokens", "truncated_share": None}  # fmt: skip
    record = {"evaluation": summary, "revision": revision, "cost": {"seconds": 7.5}}
    assert evaluation_figures(record) == {
        "eval/accuracy": 0.6, "eval/pass@1": 0.6, "eval/pass@8": 0.9, "eval/maj@8": 0.7, "eval/response_length": 30.0,
        "eval/draft_accuracy": 0.5, "eval/revision_accuracy": 0.75, "eval/revision_gain": 0.25, "time/evaluation": 7.5,
    }  # fmt: skip
    assert budget_figures(Cost(1, 2, 3, 4, 5.0)) == {
        "budget/samples": 1, "budget/sampled_tokens": 2, "budget/updates": 3, "budget/trained_tokens": 4,
    }  # fmt: skip
