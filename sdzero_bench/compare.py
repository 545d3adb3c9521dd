"""Several methods from one model on the same questions and the same sample budget, and what came of it.

Example: `results/compare-embedded-s0/` holds `compare.yaml`, one run directory a method (`sdzero/`, `grpo/`, ...), the
table as printed (`table.txt`) and the plots (`rounds.png`, `rounds.svg`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdzero_bench.budget import over_budget, plan_round, sample_budget
from sdzero_bench.comparison_folder import write_comparison
from sdzero_bench.config import RunConfig
from sdzero_bench.data import Questions
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.session import load_and_plan, open_session, train
from sdzero_bench.tracking.names import TrackerName


def plan_comparison(
    config: RunConfig, configs: dict[str, RunConfig], allow_unequal: bool
) -> tuple[Questions, list[str]]:
    """The questions, the same for every method, and which rounds go over the sample budget; refused unless allowed.

    config: what the methods' own `configs` have in common. The budget is its; a variant may ask for another.
    """
    for of_method in configs.values():
        questions = load_and_plan(of_method)  # the same for all; each method adds checks of its own
    budget = sample_budget(config, questions.per_round)
    unequal = []
    for number in range(1, config.rounds + 1):
        plans = {method: plan_round(one, number, questions.per_round) for method, one in configs.items()}
        if problem := over_budget(plans, budget, number):
            unequal.append(problem)
    if unequal and not allow_unequal:
        raise UserError(f"compare: not an equal comparison: {unequal[0]}; change the settings, or say --allow-unequal")
    return questions, unequal


def compare(
    config: RunConfig,
    configs: dict[str, RunConfig],
    questions: Questions,
    unequal: Sequence[str],
    out: Path,
    trackers: Sequence[TrackerName] = (),
) -> bool:
    """Run every method, each resumable, in one engine. Returns whether this is rank 0, which shows the results.

    config: what the methods' own `configs` have in common. trackers: who follows, each method as a run of its own.
    """
    settings = config.model_dump(mode="json", exclude={"method", "label", "variants"})
    with open_session(config, questions) as session:
        writable = session.backend.rank == 0
        if writable:
            write_comparison(out, list(configs), unequal, settings)
        base: Path | None = None
        for method, of_method in configs.items():
            directory = RunDirectory(out / method, writable)
            train(session, of_method, directory, base, trackers)
            base = base or directory.round_path(0)
    return writable
