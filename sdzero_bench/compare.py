"""Several methods from one model on the same questions and the same sample budget, and what came of it.

Example: `results/compare-embedded-s0/` holds `compare.yaml`, one run directory a method (`sdzero/`, `grpo/`, ...), the
table as printed (`table.txt`) and the plots (`rounds.png`, `rounds.svg`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdzero_bench.budget import over_budget, plan_round, sample_budget
from sdzero_bench.comparison_folder import write_comparison
from sdzero_bench.config import METHODS, RunConfig
from sdzero_bench.data import Questions
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.session import load_and_plan, open_session, train


def method_configs(config: RunConfig, methods: Sequence[str]) -> dict[str, RunConfig]:
    """The config of every method: the same but for `method`. Raises UserError for an unknown or repeated one."""
    for method in methods:
        if method not in METHODS:
            raise UserError(f"--methods: unknown method {method!r}; known: {', '.join(METHODS)}")
    if len(set(methods)) < len(methods) or not methods:
        raise UserError("--methods: name at least one method, each once")
    return {method: config.model_copy(update={"method": method}) for method in methods}


def plan_comparison(configs: dict[str, RunConfig], allow_unequal: bool) -> tuple[Questions, list[str]]:
    """The questions, the same for every method, and which rounds go over the sample budget; refused unless allowed."""
    for config in configs.values():
        questions = load_and_plan(config)  # the same for all; each method adds checks of its own
    first = next(iter(configs.values()))
    budget = sample_budget(first, questions.per_round)
    unequal = []
    for number in range(1, first.rounds + 1):
        plans = {method: plan_round(config, number, questions.per_round) for method, config in configs.items()}
        if problem := over_budget(plans, budget, number):
            unequal.append(problem)
    if unequal and not allow_unequal:
        raise UserError(f"compare: not an equal comparison: {unequal[0]}; change the settings, or say --allow-unequal")
    return questions, unequal


def compare(configs: dict[str, RunConfig], questions: Questions, unequal: Sequence[str], out: Path) -> bool:
    """Run every method, each resumable, in one engine. Returns whether this is rank 0, which shows the results."""
    first = next(iter(configs.values()))
    with open_session(first, questions) as session:
        writable = session.backend.rank == 0
        if writable:
            write_comparison(out, list(configs), unequal, first.model_dump(mode="json", exclude={"method"}))
        base: Path | None = None
        for method, config in configs.items():
            directory = RunDirectory(out / method, writable)
            train(session, config, directory, base)
            base = base or directory.round_path(0)
    return writable
