"""Recipes: one config a model and domain, every one of them valid, with the paper's numbers and within its budget."""

import pytest

from sdzero_bench.budget import over_budget, plan_round
from sdzero_bench.config_files import load_config, shipped_config, shipped_recipes
from sdzero_bench.errors import UserError
from sdzero_bench.variants import method_configs

FULL = [name for name in shipped_recipes() if not name.endswith("-twin")]  # the twins: test_twins.py
ROWS = ["sft", "rft", "grpo", "sdft", "srt", "sdzero"]  # of Table 1; base is their round 0


def recipe(name):
    return load_config(shipped_config(name))


@pytest.mark.parametrize("name", FULL)
def test_the_rows_of_table_1_keep_the_papers_budget(name):
    """60K samples; SD-Zero draws 40K for SRT and about 9K for distillation (App. C.2)."""
    config = recipe(name)
    plans = {row: plan_round(one, 1, 15_000) for row, one in method_configs(config, ROWS).items()}
    assert over_budget(plans, config.samples_per_round, 1) is None
    assert plans["rft"].total_samples == 60_000
    assert plans["grpo"].total_samples == pytest.approx(60_000, rel=0.01)
    assert plans["sdft"].total_samples == pytest.approx(60_000, rel=0.01)
    assert plans["srt"].total_samples == pytest.approx(40_000, rel=0.001)
    assert plans["sdzero"].total_samples == pytest.approx(49_000, rel=0.001)
    assert plans["sft"].total_samples == 0


def test_the_ablations_of_a_recipe():
    config = recipe("qwen3-4b-math")
    names = ["sdzero-no-srt", "sdzero-split-7.5k", "sdzero-split-9k", "grpo-n8", "sdft-answers", "sdzero-unfiltered"]
    plans = {name: plan_round(one, 1, 15_000).samples for name, one in method_configs(config, names).items()}
    assert all(sum(samples.values()) <= 60_000 for samples in plans.values())
    assert plans["sdzero-split-7.5k"]["distil"] == pytest.approx(7_500, rel=0.01)  # Table 13
    assert plans["sdzero-split-9k"]["distil"] == pytest.approx(6_000, rel=0.01)
    (epoch,) = method_configs(config, ["grpo-n8-epoch"]).values()
    assert plan_round(epoch, 1, 15_000).total_samples == pytest.approx(120_000, rel=0.01)


def test_models_and_domains():
    assert FULL == ["olmo3-7b-code", "olmo3-7b-math", "qwen3-4b-code", "qwen3-4b-math"]
    assert set(shipped_recipes()) == {*FULL, *(f"{name}-twin" for name in FULL)}
    qwen, olmo = recipe("qwen3-4b-code"), recipe("olmo3-7b-code")
    assert olmo == qwen.model_copy(update={"model": "allenai/Olmo-3-7B-Instruct"})
    assert qwen.questions.train.startswith("codeforces")
    assert recipe("qwen3-4b-math").questions.train.startswith("openr1_math")


def test_a_file_that_extends(tmp_path):
    """A recipe, or a file beside it; sections are merged field by field."""
    (tmp_path / "mine.yaml").write_text("extends: qwen3-4b-math\nmodel: /models/mine\nsrt: {epochs: 1}\n")
    (tmp_path / "again.yaml").write_text("extends: mine.yaml\nseed: 3\nsrt: {revisions: 2}\n")
    made, plain = load_config(tmp_path / "again.yaml", ["srt.max_traces=9"]), recipe("qwen3-4b-math")
    changed = {"epochs": 1, "revisions": 2, "max_traces": 9}
    assert made == plain.model_copy(
        update={"model": "/models/mine", "seed": 3, "srt": plain.srt.model_copy(update=changed)}
    )
    (tmp_path / "lost.yaml").write_text("extends: nowhere\n")
    (tmp_path / "one.yaml").write_text("extends: two.yaml\n")
    (tmp_path / "two.yaml").write_text("extends: one.yaml\n")
    for name, message in (("lost", "is no file beside it and no config of this package"), ("one", "which extends it")):
        with pytest.raises(UserError, match=message):
            load_config(tmp_path / f"{name}.yaml")
