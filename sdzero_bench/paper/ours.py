"""What our runs have measured, looked up in the words of the published tables.

Example: a run of Qwen/Qwen3-4B-Instruct-2507 with label srt and `eval --run RUN --tasks paper_math` has accuracies on
aime24, aime25, ...: they belong into the row ("Qwen3-4B-Instruct", "srt").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.comparison_folder import is_comparison, read_comparison
from sdzero_bench.errors import UserError
from sdzero_bench.method_results import number_or_nan
from sdzero_bench.models import model_label
from sdzero_bench.paper.published import Column
from sdzero_bench.run_checkpoints import benchmarks_folder
from sdzero_bench.run_results import run_label, training_cost
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.statistics import Estimate, pooled_over_seeds
from sdzero_bench.task_average import average_figures

BASE = "base"
PAPER_K = 8  # samples a question: avg@8 and pass@8
# The paper's names of its models, by ours.
MODELS = {"Qwen3-4B-Instruct-2507": "Qwen3-4B-Instruct", "Olmo-3-7B-Instruct": "Olmo-3-7B-Instruct"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One policy: a method's after its last round, or a model as it is."""

    base_model: str  # the paper's name where it has one
    row: str  # method, variant, or base
    seed: int
    twin_of: str | None  # the paper's model that a small run stands in for
    records: Mapping[str, Mapping[str, Any]]  # what metrics.json holds, by task
    cost: Mapping[str, int]  # of training, over all rounds
    while_training: frozenset[str] = frozenset()  # tasks whose record is the run's own evaluation: `eval`'s replaces it


def read_measured(paths: Sequence[Path]) -> list[Measured]:
    """Of comparisons, run directories and output folders of `eval`. Raises UserError for anything else."""
    found = []
    for path in paths:
        if is_comparison(path):
            for run in read_comparison(path)[0]:
                found += _of_run(run)
        elif (path / "rounds").is_dir():
            found += _of_run(path)
        elif records := _records(path):
            config = yaml.safe_load((path / "run.yaml").read_text())
            if Path(str(config["model"])).parent.parent.name == "rounds":
                raise UserError(
                    f"--runs: {path} is of a run's checkpoint; name the run, and evaluate it with `eval --run`"
                )
            found.append(_measured(config, BASE, records, {}))
        else:
            raise UserError(f"--runs: {path} is neither a comparison, a run directory nor an output folder of eval")
    return _merged(found)


def _merged(found: Sequence[Measured]) -> list[Measured]:
    """One entry a policy, whatever folders its tasks were measured in."""
    merged: dict[tuple[str, str | None, str, int], Measured] = {}
    for one in found:
        key = (one.base_model, one.twin_of, one.row, one.seed)
        before = merged.setdefault(key, one)
        first, second = _beside(before, one), _beside(one, before)
        for task in first.keys() & second.keys():
            if first[task]["evaluation"] != second[task]["evaluation"]:
                raise UserError(
                    f"--runs: {task} was measured twice for {one.row} of {one.base_model}, seed {one.seed}, with other "
                    "figures; name one of the runs"
                )
        own = (before.while_training & first.keys()) | (one.while_training & second.keys())
        merged[key] = replace(before, records={**first, **second}, cost=before.cost or one.cost, while_training=own)
    return list(merged.values())


def _beside(one: Measured, other: Measured) -> dict[str, Mapping[str, Any]]:
    """The records of `one` but for what it measured while it trained and `other` has measured by `eval`."""
    replaced = one.while_training & (other.records.keys() - other.while_training)
    return {task: record for task, record in one.records.items() if task not in replaced}


def value(measured: Sequence[Measured], column: Column) -> Estimate | None:
    """Seeds of one policy: the figure of a column, in its unit, with its interval; None where a seed lacks it.

    Of one seed the interval is the evaluation's, over questions; of several it is Student-t over seeds. The base is one
    model whatever the seed: a task need be measured once, and the same figures are one measurement.
    """
    estimates = [_of_seed(one, column) for one in measured]
    present = [one for one in estimates if one is not None]
    if measured and measured[0].row == BASE:
        present = list(dict.fromkeys(present))
    elif len(present) < len(estimates):
        return None
    if not present:
        return None
    return present[0] if len(present) == 1 else pooled_over_seeds([one.mean for one in present], 0.95)


def _of_seed(measured: Measured, column: Column) -> Estimate | None:
    kind, _, name = column.measure.partition(".")
    if kind == "cost":
        amount = measured.cost.get(name)
        return None if amount is None else Estimate(float(amount), float("nan"), float("nan"), 1)
    if any(task not in measured.records for task in column.tasks):
        return None
    scale = 100.0 if column.unit == "percent" else 1.0
    records = [measured.records[task] for task in column.tasks]
    if kind == "revision":
        figures: Mapping[str, Any] = records[0]["revision"] or {}
    elif len(records) == 1:
        figures, name = records[0]["evaluation"], kind
    else:
        figures, name = average_figures([record["evaluation"] for record in records]), kind
    if figures.get(name) is None or (kind == "pass_at_k" and figures["k"] != PAPER_K):
        return None
    low, high = (scale * number_or_nan(figures.get(f"{name}_{end}")) for end in ("low", "high"))
    return Estimate(scale * figures[name], low, high, records[0]["evaluation"]["questions"])


def _of_run(run: Path) -> list[Measured]:
    """The base, and the policy after the last finished round."""
    if not (run / "run.yaml").exists():
        raise UserError(f"--runs: {run} is no run directory (it has no run.yaml)")
    config = yaml.safe_load((run / "run.yaml").read_text())
    directory = RunDirectory(run, writable=False)
    done = directory.rounds_done()
    if not done:
        return []
    base = _of_round(run, directory, config, 0, BASE, {})
    if done[-1] == 0:
        return [base]
    questions = sum((directory.marker(number, "trained") or {}).get("questions", 0) for number in done if number)
    spent = training_cost(directory, done[-1]) | {"questions": questions}
    return [base, _of_round(run, directory, config, done[-1], run_label(config), spent)]


def _of_round(
    run: Path, directory: RunDirectory, config: Mapping[str, Any], number: int, row: str, cost: Mapping[str, int]
) -> Measured:
    path = directory.round_path(number) / "eval" / "metrics.json"
    own = {str(config["questions"]["evaluation"]): json.loads(path.read_text())} if path.exists() else {}
    evaluated = _records(benchmarks_folder(run, number))
    measured = _measured(config, row, own | evaluated, cost)
    return replace(measured, while_training=frozenset(own.keys() - evaluated.keys()))


def _records(folder: Path) -> dict[str, Any]:
    records = [json.loads(path.read_text()) for path in sorted(folder.glob("*/metrics.json"))]
    return {record["task"]: record for record in records}


def _measured(config: Mapping[str, Any], row: str, records: Mapping[str, Any], cost: Mapping[str, int]) -> Measured:
    name = model_label(str(config["model"]))
    return Measured(MODELS.get(name, name), row, int(config["seed"]), config.get("twin_of"), records, cost)
