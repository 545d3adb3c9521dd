"""What a report is made of: the folders that a person names, sorted by what they hold.

Example: `report results/compare-embedded-s0 results/localize-x` has four runs with the base and three rounds each, and
one localisation; `results/eval-model-s0` beside them would add its tasks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.comparison_folder import is_comparison
from sdzero_bench.errors import UserError
from sdzero_bench.localisation.kept import is_localisation
from sdzero_bench.models import model_label
from sdzero_bench.run_checkpoints import benchmarks_folder
from sdzero_bench.run_results import run_directories, run_label
from sdzero_bench.rundir import RunDirectory

BASE = "base"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One policy on one task, with its samples."""

    method: str  # a row's name in the tables; `base` is the model before training
    seed: int
    round: int  # 0 is the base
    task: str
    folder: Path  # metrics.json, and where they were kept samples.parquet and questions.jsonl
    metrics: dict[str, Any]
    by_eval: bool  # measured by the command `eval`, not by the run itself


@dataclass(frozen=True)
class Inputs:
    """Everything a report shows, by kind, in the order it was named."""

    runs: list[Path] = field(default_factory=list)
    comparisons: list[Path] = field(default_factory=list)  # comparisons and run directories as they were named
    evaluated: list[Path] = field(default_factory=list)  # output folders of eval
    localisations: list[Path] = field(default_factory=list)

    @property
    def policies(self) -> list[Path]:
        """What was trained or evaluated."""
        return [*self.runs, *self.evaluated]

    @property
    def folders(self) -> list[Path]:
        """Every folder with a run.yaml."""
        return [*self.policies, *self.localisations]

    @property
    def evaluations(self) -> list[Evaluation]:
        """All evaluations; that of the base is listed once for each seed and task, whatever runs began from it."""
        found: dict[tuple[Any, ...], Evaluation] = {}
        for places in (*map(_of_run, self.runs), *map(_of_model, self.evaluated)):
            for one in places:
                rewards = str(one.metrics["per_question"])  # two bases of one seed may be different models
                found.setdefault((one.method, one.seed, one.round, one.task, rewards), one)
        return list(found.values())


def read_inputs(paths: Sequence[Path]) -> Inputs:
    """Sort the folders. Raises UserError for one that is nothing of ours, or that holds nothing yet."""
    inputs = Inputs()
    for path in {path.resolve(): path for path in paths}.values():
        if is_localisation(path):
            inputs.localisations.append(path)
        elif is_comparison(path) or (path / "rounds").is_dir():
            inputs.comparisons.append(path)
        elif (path / "run.yaml").exists() and list(path.glob("*/metrics.json")):
            inputs.evaluated.append(path)
        else:
            raise UserError(
                f"report: {path} is neither a comparison, a run directory nor an output folder of eval or localize"
            )
    inputs.runs.extend(run_directories(inputs.comparisons)[0])
    return inputs


def read_settings(folder: Path) -> dict[str, Any]:
    """run.yaml."""
    return dict(yaml.safe_load((folder / "run.yaml").read_text()))


def _of_run(run: Path) -> Iterator[Evaluation]:
    config, directory = read_settings(run), RunDirectory(run, writable=False)
    for number in directory.rounds_done():
        method = run_label(config) if number else BASE
        own = directory.round_path(number) / "eval"
        metrics = json.loads((own / "metrics.json").read_text())
        task = str(config["questions"]["evaluation"] or "held out")
        yield Evaluation(method, config["seed"], number, task, own, metrics, by_eval=False)
        yield from _of_eval(benchmarks_folder(run, number), method, config["seed"], number)


def _of_model(folder: Path) -> Iterator[Evaluation]:
    config = read_settings(folder)
    return _of_eval(folder, model_label(str(config["model"])), config["seed"], 0)


def _of_eval(folder: Path, method: str, seed: int, number: int) -> Iterator[Evaluation]:
    for path in sorted(folder.glob("*/metrics.json")):
        metrics = json.loads(path.read_text())
        yield Evaluation(method, seed, number, metrics["task"], path.parent, metrics, by_eval=True)
