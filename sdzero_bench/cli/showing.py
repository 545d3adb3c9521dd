"""What commands print when they are done: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdzero_bench.comparison_tables import render_tables
from sdzero_bench.run_results import read_results

if TYPE_CHECKING:
    from sdzero_bench.config import RunConfig
    from sdzero_bench.data import Questions


def show_tables(paths: Sequence[Path], save: bool = False) -> None:
    """Print the tables; with save also keep them, and the plots, beside the runs."""
    text = render_tables(paths)
    print(text, end="")
    for path in paths if save else ():
        from sdzero_bench.figures.rounds import plot_rounds
        from sdzero_bench.rundir import write_atomically

        write_atomically(path / "table.txt", lambda temporary: temporary.write_text(text))
        plot_rounds(read_results([path])[0], path / "rounds.png")
        print(f"kept in {path}: table.txt, rounds.png, rounds.svg and a run directory for each method", file=sys.stderr)
    named = " ".join(map(str, paths))
    print(f"seconds by phase: sdzero-bench table --costs {named}", file=sys.stderr)
    print(f"one page with plots and samples: sdzero-bench report {named}", file=sys.stderr)


def show_plan(configs: Mapping[str, RunConfig], questions: Questions) -> None:
    """What would be run, and with which settings."""
    from sdzero_bench.budget import plan_round, sample_budget
    from sdzero_bench.config_files import dump_config

    first = next(iter(configs.values()))
    print(f"# model {first.model}, backend {first.backend.name}, seed {first.seed}, {first.rounds} rounds")
    if questions.removed:
        print(f"# {questions.removed} training questions that evaluation asks too are left out")
    print(f"# {len(questions.train)} training questions, {questions.per_round} of them a round")
    print(f"# {len(questions.evaluation)} evaluation questions, {first.evaluation.k} samples each")
    print(f"# sample budget: {sample_budget(first, questions.per_round):,} a round")
    for method, config in configs.items():
        for number in range(1, config.rounds + 1):
            plan = plan_round(config, number, questions.per_round)
            phases = ", ".join(f"{name} {count:,}" for name, count in plan.samples.items()) or "no samples"
            steps = f", {plan.steps} on-policy steps" if plan.steps else ""
            print(f"# {method} round {number}: {phases} (total {plan.total_samples:,}{steps})")
    print(dump_config(first), end="")
