"""What a run's on-policy phases sampled, step by step, and where its phases and rounds lie on the axis of updates.

Example: SD-Zero with 27 updates of SRT and 31 of distillation a round has distillation steps at updates 27 to 57, 85 to
115, ...; an evaluation at 0, 58, 116, ...; the teacher is frozen at 27 and synchronised at 85.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from sdzero_bench.run_results import run_label
from sdzero_bench.rundir import RunDirectory, read_lines
from sdzero_bench.self_revision import self_revision_figures

ON_POLICY = ("distil", "grpo", "sdft")  # phases that sample as they train
WITH_TEACHER = ("distil", "sdft")


@dataclass(frozen=True, slots=True)
class Step:
    """One on-policy step: means over its samples."""

    update: int  # updates made before it, over the whole run
    phase: int  # which on-policy phase of the run, from 0
    reward: float
    length: float  # tokens
    self_revision: float  # share of the responses with a self-revision phrase; nan where samples were not kept


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The policy after a round, on held-out questions."""

    update: int
    round: int  # 0 is the base
    figures: Mapping[str, Any]  # of `evaluation_summary.summarise`


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """One run."""

    label: str
    seed: int
    steps: Sequence[Step]
    evaluations: Sequence[Evaluation]
    teachers: Sequence[int]  # updates at which a teacher was frozen: the first, then synchronisations
    supervised: Sequence[tuple[int, int]]  # stretches of updates on fixed examples (SRT, RFT, SFT)


def read_training_curve(run: Path) -> TrainingCurve:
    """Of a run directory, as far as it got."""
    config = yaml.safe_load((run / "run.yaml").read_text())
    directory = RunDirectory(run, writable=False)
    phrases = config["evaluation"]["self_revision_words"]
    costs = directory.phase_costs()
    steps: list[Step] = []
    evaluations: list[Evaluation] = []
    teachers: list[int] = []
    supervised: list[tuple[int, int]] = []
    update = 0
    for number in directory.rounds_done():
        for of_round, phase, cost in costs:
            if of_round != number or not cost.updates:
                continue
            if phase in ON_POLICY:
                before = steps[-1].phase + 1 if steps else 0
                steps += _steps(directory.round_path(number), phase, before, update, phrases)
            else:
                supervised.append((update, update + cost.updates))
            if phase in WITH_TEACHER:
                teachers.append(update)
            update += cost.updates
        record = json.loads((directory.round_path(number) / "eval" / "metrics.json").read_text())
        evaluations.append(Evaluation(update, number, record["evaluation"]))
    return TrainingCurve(run_label(config), config["seed"], steps, evaluations, teachers, supervised)


def _steps(folder: Path, name: str, phase: int, before: int, phrases: Sequence[str]) -> list[Step]:
    """Steps of an on-policy phase; none where its metrics were not kept."""
    texts = _texts(folder, name)
    steps, update = [], before
    for line in read_lines(folder / f"metrics-{name}.jsonl"):
        if "loss" in line:  # an update; the line before it says what was sampled
            update += 1
        else:
            said = texts.get(line["step"])
            share = self_revision_figures(said, phrases)["self_revision_share"] if said else math.nan
            steps.append(Step(update, phase, line["reward"], line["length"], share))
    return steps


def _texts(folder: Path, name: str) -> dict[int, list[str]]:
    """The phase's responses by step."""
    texts: dict[int, list[str]] = {}
    for path in sorted(folder.glob(f"samples-{name}-*.parquet")):
        samples = pd.read_parquet(path, columns=["step", "text"])
        for step, text in zip(samples["step"], samples["text"], strict=True):
            texts.setdefault(int(step), []).append(text)
    return texts
