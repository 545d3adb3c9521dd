"""Run directories read back into the records that tables and plots are made of. Never a live object.

Example: `read_results([Path("results/compare-embedded-s0")])` gives one MethodResult a method, with all rounds so far.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.comparison_folder import is_comparison, read_comparison
from sdzero_bench.errors import UserError
from sdzero_bench.method_results import MethodResult, RoundResult
from sdzero_bench.rundir import Cost, RunDirectory

EVALUATION = "evaluation"
MEASUREMENTS = ("reviser", "reviser-again")  # phases that measure: shown among the costs, charged to no budget


def read_results(paths: Sequence[Path]) -> tuple[list[MethodResult], list[str]]:
    """Results of run directories and comparisons, and remarks that belong under the table.

    Runs of one method are taken for seeds of one setting; UserError where they are not.
    """
    runs, remarks = run_directories(paths)
    _check_seeds(runs)
    results = [read_run(run) for run in runs]
    if not any(result.rounds for result in results):
        raise UserError(f"table: nothing is evaluated yet in {', '.join(map(str, paths))}")
    return results, remarks


def run_directories(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The run directories among these, those of comparisons too, and remarks on comparisons that are not equal."""
    runs, remarks = [], []
    for path in paths:
        if is_comparison(path):
            compared, unequal = read_comparison(path)
            runs += compared
            remarks += [f"NOT an equal comparison: {problem}" for problem in unequal]
        elif (path / "run.yaml").exists() and (path / "rounds").is_dir():
            runs.append(path)
        else:
            raise UserError(f"{path} is neither a run directory nor a comparison")
    return runs, remarks


def _check_seeds(runs: Sequence[Path]) -> None:
    first: dict[str, tuple[Path, dict[str, Any]]] = {}
    seeds: dict[tuple[str, int], Path] = {}
    for run in runs:
        config = yaml.safe_load((run / "run.yaml").read_text())
        method, seed = run_label(config), config["seed"]
        if (method, seed) in seeds:
            raise UserError(
                f"table: {seeds[method, seed]} and {run} are both {method} with seed {seed}; name one of them"
            )
        seeds[method, seed] = run
        known, settings = first.setdefault(method, (run, config))
        if changed := [name for name in config if name != "seed" and config[name] != settings.get(name)]:
            raise UserError(
                f"table: {known} and {run} are no seeds of one setting (they differ in {', '.join(changed)}); "
                "render them one by one"
            )


def read_run(path: Path) -> MethodResult:
    """One run directory."""
    config = yaml.safe_load((path / "run.yaml").read_text())
    directory = RunDirectory(path, writable=False)
    costs = [entry for entry in directory.phase_costs() if entry[1] not in MEASUREMENTS]
    rounds = []
    for number in directory.rounds_done():
        record = json.loads((directory.round_path(number) / "eval" / "metrics.json").read_text())
        counted = training_cost(directory, number)
        rounds.append(
            RoundResult(
                number,
                record["evaluation"],
                record["revision"],
                _teacher(directory, number),
                counted,
                [*directory.notes(number), *_over_budget(directory, number, costs)],
                record["per_question"],
            )
        )
    return MethodResult(run_label(config), config["method"], config["seed"], rounds)


def run_label(config: Mapping[str, Any]) -> str:
    """The name of a run's row in tables, from its run.yaml: the variant's, or the method's."""
    return str(config.get("label") or config["method"])


def training_cost(directory: RunDirectory, number: int) -> dict[str, int]:
    """What training cost until the end of round `number`, by kind: no evaluations, no measurements, no seconds."""
    total = Cost()
    for of_round, phase, cost in directory.phase_costs():
        if of_round <= number and phase not in MEASUREMENTS:
            total.add(cost)
    return {name: value for name, value in asdict(total).items() if name != "seconds"}


def _over_budget(directory: RunDirectory, number: int, costs: Sequence[tuple[int, str, Cost]]) -> list[str]:
    """What the ledger says of the round's budget, whatever was planned."""
    trained = directory.marker(number, "trained")
    drawn = sum(cost.samples for of_round, _, cost in costs if of_round == number)
    if trained is None or drawn <= trained["budget"]:
        return []
    return [f"NOT within the budget: {drawn:,} samples were drawn, {trained['budget']:,} was the budget"]


def _teacher(directory: RunDirectory, number: int) -> Mapping[str, float | int | None] | None:
    """The last measurement of the round's reviser before it taught."""
    markers = [directory.marker(number, phase) for phase in MEASUREMENTS]
    measured = [marker["revision"] for marker in markers if marker is not None]
    return measured[-1] if measured else None


def read_costs(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The ledger of every run as rows: method, seed, round, phase, samples, tokens, updates and seconds.

    Evaluations too; that of the base is made once in a comparison and listed once, with its first method.
    """
    rows = []
    for path in paths:
        runs = read_comparison(path)[0] if is_comparison(path) else [path]
        for run in runs:
            directory = RunDirectory(run, writable=False)
            config = yaml.safe_load((run / "run.yaml").read_text())
            entries = [entry for entry in directory.phase_costs() if any(asdict(entry[2]).values())]
            for number in directory.rounds_done():
                if number > 0 or run == runs[0]:
                    record = json.loads((directory.round_path(number) / "eval" / "metrics.json").read_text())
                    entries.append((number, EVALUATION, Cost(**record["cost"])))
            entries.sort(key=lambda entry: entry[0])
            known = {"method": run_label(config), "seed": config["seed"]}
            rows += [
                {**known, "round": number, "phase": phase, "budgeted": phase not in (EVALUATION, *MEASUREMENTS)}
                | asdict(cost)
                for number, phase, cost in entries
            ]
    return rows
