"""Sample budgets are computed before anything runs, and unequal comparisons are refused."""

import pytest

from sdzero_bench.budget import plan_round
from sdzero_bench.compare import plan_comparison
from sdzero_bench.config import RunConfig
from sdzero_bench.config_files import load_config
from sdzero_bench.errors import UserError
from sdzero_bench.variants import method_configs


def config(*overrides: str, **fields) -> RunConfig:
    questions = {"train": "arithmetic?split=train&size=60", "evaluation": "arithmetic?split=evaluation&size=10"}
    return load_config(None, overrides, model="embedded", questions=questions, **fields)


def test_the_papers_budget() -> None:
    # App. C.2: 15K questions; baselines 60K samples; SD-Zero collects 10K drafts and 30K revisions.
    plans = {m: plan_round(config(method=m), 1, 15_000) for m in ("rft", "grpo", "sdft", "sdzero", "sft")}
    assert plans["rft"].samples == {"sample": 60_000}
    assert plans["sdzero"].samples["draft"] == 10_000
    assert plans["sdzero"].samples["revision"] == 30_000
    assert plans["sft"].total_samples == 0
    assert all(plan.total_samples <= 60_000 for plan in plans.values())


def test_later_rounds_of_sdzero_only_distil_unless_told() -> None:
    assert set(plan_round(config(), 2, 15_000).samples) == {"distil"}
    again = config("sdzero.later_rounds=revise_again")
    assert set(plan_round(again, 2, 15_000).samples) == {"draft", "revision", "distil"}


def test_a_budget_without_room_is_refused() -> None:
    with pytest.raises(UserError, match=r"leaves no step of distil.prompts_per_step \(128\)"):
        plan_round(config(), 1, 60)
    with pytest.raises(UserError, match="less than one sample for each of the 60 questions"):
        plan_round(config("samples_per_round=59", method="rft"), 1, 60)


def test_an_unequal_comparison_is_refused_unless_told() -> None:
    settings = config("samples_per_round=240", "grpo.prompts_per_step=8", "grpo.steps=4", "rft.samples_per_question=3")
    configs = method_configs(settings, ["rft", "grpo"])
    with pytest.raises(UserError, match=r"more samples than the 240 every method may draw \(grpo 256\)"):
        plan_comparison(settings, configs, allow_unequal=False)
    _, unequal = plan_comparison(settings, configs, allow_unequal=True)
    assert "grpo 256" in unequal[0]


def test_unknown_methods_are_refused() -> None:
    with pytest.raises(UserError, match="unknown method 'ppo'; known: sdzero"):
        method_configs(config(), ["ppo"])
