"""A run as its trackers see it: points on the axis of optimiser updates, live and, after a resume, from the start.

Example: the base's evaluation at 0, drafts and revisions at 0, SRT's losses at 1 to 27, the responses of the first
distillation step at 27 and its loss at 28, ... Samples stand at the updates of the policy that sampled them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sdzero_bench.run_results import MEASUREMENTS
from sdzero_bench.rundir import Cost, RunDirectory, read_lines
from sdzero_bench.tracking.figures import (
    Figures,
    budget_figures,
    evaluation_figures,
    phase_figures,
    training_figures,
)
from sdzero_bench.tracking.guarded import Guarded


class TrackedRun:
    """The `Tracking` of one run directory."""

    def __init__(self, directory: RunDirectory, trackers: Sequence[Guarded]) -> None:
        self._directory, self._trackers = directory, trackers
        self._finished = Cost()  # phases that are done, as their markers say
        self._under_way = Cost()  # the phase that is not, as its rows say
        self._seconds = 0.0  # evaluations too

    def catch_up(self) -> None:
        """Everything that is finished already: what a tracker has of it, it does not get again."""
        costs = self._directory.phase_costs()
        for folder in sorted((self._directory.root / "rounds").glob("[0-9]*")):
            number = int(folder.name)
            for phase in [phase for of_round, phase, _ in costs if of_round == number]:
                for row in read_lines(folder / f"metrics-{phase}.jsonl"):
                    self.row(number, row)
                self.finished(number, phase)
            if (folder / "eval" / "metrics.json").exists():
                self.evaluated(number)

    def row(self, number: int, row: Mapping[str, Any]) -> None:
        """See `Tracking`."""
        self._under_way.add(
            Cost(
                samples=row.get("samples", 0),
                sampled_tokens=row.get("sampled_tokens", 0),
                updates=int("loss" in row),
                trained_tokens=row.get("trained_tokens", 0),
            )
        )
        self._log(number, training_figures(row))

    def finished(self, number: int, phase: str) -> None:
        """See `Tracking`. A marker of something that cost nothing is no phase."""
        marker = self._directory.marker(number, phase)
        cost = Cost(**marker["cost"]) if marker else Cost()
        if marker is None or not any(asdict(cost).values()):
            return
        self._seconds += cost.seconds
        self._under_way = Cost()
        if phase not in MEASUREMENTS:
            self._finished.add(cost)
        self._log(number, phase_figures(phase, marker, cost) | {"time/total": self._seconds})

    def evaluated(self, number: int) -> None:
        """See `Tracking`."""
        record = json.loads((self._directory.round_path(number) / "eval" / "metrics.json").read_text())
        self._seconds += record["cost"]["seconds"]
        self._log(number, evaluation_figures(record) | {"time/total": self._seconds})

    def _log(self, number: int, figures: Figures) -> None:
        spent = Cost()
        spent.add(self._finished)
        spent.add(self._under_way)
        point = figures | budget_figures(spent) | {"round": float(number)}
        for tracker in self._trackers:
            tracker.log(point, spent.updates)
