"""What is kept of a run, under the names that the field's tools use: `train/loss`, `eval/accuracy`, `eval/pass@8`, ...

    train/      loss, grad_norm, learning_rate, reward, completion_length, kl, clip_ratio, left_out
    rollout/    by phase that samples before it trains: rollout/draft/reward, rollout/draft/completion_length
    teacher/    the reviser, measured before it teaches: draft_accuracy, revision_accuracy, revision_gain
    eval/       accuracy (avg@k), pass@1 ... pass@k, maj@k, response_length, truncated, revision_accuracy, ...
    budget/     samples, sampled_tokens, updates, trained_tokens: sums over the run, as in the tables
    time/       seconds by phase, and total

Example: {"step": 2, "reward": 0.4, "length": 31.5, "left_out": 8} gives {"train/reward": 0.4,
"train/completion_length": 31.5, "train/left_out": 8.0}. Shares are between 0 and 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sdzero_bench.rundir import Cost

COUNTED = ("step", "samples", "sampled_tokens", "trained_tokens")  # of a row: where it is, and what goes to the budget
TRAIN = {"length": "completion_length", "reference_kl": "kl", "clip_fraction": "clip_ratio"}
EVALUATION = {
    "accuracy": "accuracy", "length_mean": "response_length", "length_median": "response_length_median",
    "length_right": "response_length_right", "length_wrong": "response_length_wrong", "truncated_share": "truncated",
    "no_answer_share": "no_answer", "self_revision_share": "self_revision",
}  # fmt: skip
REVISION = {
    "draft_accuracy": "draft_accuracy", "revision_accuracy": "revision_accuracy", "gain": "revision_gain",
    "wrong_corrected": "wrong_corrected", "right_kept": "right_kept", "revision_length": "revision_length",
}  # fmt: skip

Figures = dict[str, float]


def training_figures(row: Mapping[str, Any]) -> Figures:
    """Of a line of metrics-*.jsonl."""
    return _named("train", {name: TRAIN.get(name, name) for name in row if name not in COUNTED}, row)


def phase_figures(phase: str, marker: Mapping[str, Any], cost: Cost) -> Figures:
    """Of the marker of a finished phase: what it sampled before training, or measured of the reviser."""
    figures = {f"time/{phase}": cost.seconds}
    if "right" in marker and cost.samples:
        figures[f"rollout/{phase}/reward"] = marker["right"] / cost.samples
        figures[f"rollout/{phase}/completion_length"] = cost.sampled_tokens / cost.samples
    return figures | _named("teacher", REVISION, marker.get("revision") or {})


def evaluation_figures(record: Mapping[str, Any]) -> Figures:
    """Of eval/metrics.json."""
    summary = record["evaluation"]
    passes = [name for name in summary if re.fullmatch(r"pass_at_\d+", name)]
    names = EVALUATION | {name: f"pass@{name.removeprefix('pass_at_')}" for name in passes}
    names["maj_at_k"] = f"maj@{summary['k']}"
    figures = _named("eval", names, summary) | _named("eval", REVISION, record["revision"] or {})
    return figures | {"time/evaluation": float(record["cost"]["seconds"])}


def budget_figures(spent: Cost) -> Figures:
    """Of the sums over the run."""
    return {f"budget/{name}": float(getattr(spent, name)) for name in
            ("samples", "sampled_tokens", "updates", "trained_tokens")}  # fmt: skip


def _named(section: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Figures:
    """Those of the values that are numbers, under their names."""
    figures: Figures = {}
    for name, shown in names.items():
        value = values.get(name)
        if isinstance(value, int | float) and math.isfinite(value):
            figures[f"{section}/{shown}"] = float(value)
    return figures
