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

MEASUREMENTS = ("reviser", "reviser-again")  # phases that measure: shown among the costs, charged to no budget


def read_results(paths: Sequence[Path]) -> tuple[list[MethodResult], list[str]]:
    """Results of run directories and comparisons, and remarks that belong under the table."""
    results, remarks = [], []
    for path in paths:
        if is_comparison(path):
            runs, unequal = read_comparison(path)
            remarks += [f"NOT an equal comparison: {problem}" for problem in unequal]
            results += [read_run(run) for run in runs]
        elif (path / "run.yaml").exists():
            results.append(read_run(path))
        else:
            raise UserError(f"table: {path} is neither a run directory nor a comparison")
    if not any(result.rounds for result in results):
        raise UserError(f"table: nothing is evaluated yet in {', '.join(map(str, paths))}")
    return results, remarks


def read_run(path: Path) -> MethodResult:
    """One run directory."""
    config = yaml.safe_load((path / "run.yaml").read_text())
    directory = RunDirectory(path, writable=False)
    costs = [entry for entry in directory.phase_costs() if entry[1] not in MEASUREMENTS]
    rounds = []
    for number in directory.rounds_done():
        record = json.loads((directory.round_path(number) / "eval" / "metrics.json").read_text())
        total = Cost()
        for of_round, _, cost in costs:
            if of_round <= number:
                total.add(cost)
        counted = {name: value for name, value in asdict(total).items() if name != "seconds"}
        rounds.append(
            RoundResult(
                number,
                record["evaluation"],
                record["revision"],
                _teacher(directory, number),
                counted,
                directory.notes(number),
                record["per_question"],
            )
        )
    return MethodResult(config["method"], config["method"], config["seed"], rounds)


def _teacher(directory: RunDirectory, number: int) -> Mapping[str, float | int | None] | None:
    """The last measurement of the round's reviser before it taught."""
    markers = [directory.marker(number, phase) for phase in MEASUREMENTS]
    measured = [marker["revision"] for marker in markers if marker is not None]
    return measured[-1] if measured else None


def read_costs(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The ledger of every run as rows: method, round, phase, samples, tokens, updates and seconds; evaluations too."""
    rows = []
    for path in paths:
        for run in read_comparison(path)[0] if is_comparison(path) else [path]:
            directory = RunDirectory(run, writable=False)
            method = yaml.safe_load((run / "run.yaml").read_text())["method"]
            entries = [
                (number, phase, cost) for number, phase, cost in directory.phase_costs() if any(asdict(cost).values())
            ]
            for number in directory.rounds_done():
                record = json.loads((directory.round_path(number) / "eval" / "metrics.json").read_text())
                entries.append((number, "evaluation", Cost(**record["cost"])))
            entries.sort(key=lambda entry: entry[0])
            rows += [
                {"method": method, "round": number, "phase": phase, **asdict(cost)} for number, phase, cost in entries
            ]
    return rows
