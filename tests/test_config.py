"""The settings: defaults are the paper's, YAML and --set reach every field, dumps read back the same."""

from pathlib import Path

import pytest
import yaml

from sdzero_bench.config import RunConfig
from sdzero_bench.config_files import dump_config, load_config
from sdzero_bench.errors import UserError

MINIMAL = {"model": "embedded", "questions": {"train": "arithmetic"}}


def test_paper_defaults() -> None:
    config = RunConfig.model_validate(MINIMAL)
    assert (config.srt.learning_rate, config.srt.epochs, config.srt.warmup_ratio) == (5e-6, 3, 0.05)
    srt, distil = config.srt.optimiser(), config.distil.optimiser()
    assert (srt.schedule, srt.beta1, srt.beta2, srt.weight_decay) == ("cosine", 0.9, 0.95, 1e-4)
    assert (distil.schedule, distil.beta2, distil.weight_decay, distil.max_grad_norm) == ("constant", 0.999, 0.01, 1.0)
    assert (distil.warmup_steps, config.distil.prompts_per_step, config.distil.top_k) == (20, 128, 64)
    assert (config.distil.max_new_tokens, config.distil.max_teacher_tokens) == (8192, 32768)
    assert config.distil.divergence == "reverse"
    assert (config.sampling.temperature, config.sampling.max_new_tokens) == (0.7, 16384)
    assert (config.evaluation.k, config.evaluation.max_new_tokens) == (8, 32768)
    assert config.control.right == "Let me rephrase the above solution."
    assert config.control.wrong == "Wait, this response is not correct, let me start over."


def test_overrides_reach_every_section(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(MINIMAL | {"srt": {"epochs": 2}}))
    config = load_config(tmp_path / "c.yaml", ["srt.learning_rate=1e-5", "distil.top_k=null", "grpo.clip_high=0.2"])
    assert (config.srt.epochs, config.srt.learning_rate) == (2, 1e-5)
    assert config.distil.top_k is None
    assert config.grpo.clip_high == 0.2


def test_dump_reads_back(tmp_path: Path) -> None:
    config = load_config(None, ["seed=3"], **MINIMAL)
    (tmp_path / "run.yaml").write_text(dump_config(config))
    assert load_config(tmp_path / "run.yaml") == config


@pytest.mark.parametrize("preset", ["embedded", "quick"])
def test_presets_are_valid(preset: str) -> None:
    from sdzero_bench.cli.options import preset as path

    assert load_config(path(preset)).model == "embedded"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("distil.learning_rate=nan", "distil.learning_rate: .*finite"),
        ("model.size=3", "model is a value, not a section"),
        ("srt.generation_loss=false", "leave both true|nothing to train"),
        ("sdft.template=hello", "needs {question} and {demonstration}"),
    ],
)
def test_refusals_name_the_field(override: str, message: str) -> None:
    more = ["srt.revision_loss=false"] if "generation" in override else []
    with pytest.raises(UserError, match=message):
        load_config(None, [override, *more], **MINIMAL)
