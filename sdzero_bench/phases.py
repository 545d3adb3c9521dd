"""The state of a training phase between updates: where it is, what it cost, what it sampled, and its checkpoints.

Example: 40 distillation steps with a checkpoint every 20 leave `checkpoint-distil-000020/` while they run, which holds
weights, optimiser, schedule and this state; killed at step 33, the phase goes on from step 20.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdzero_bench.backend import Backend, Metrics
from sdzero_bench.records import row, write_rows
from sdzero_bench.rundir import Cost, write_atomically, write_lines
from sdzero_bench.types import Attempt

STATE = "phase_state.json"


class TrainingPhase:
    """Counts updates and samples of one phase and keeps them in step with the weights on disk."""

    def __init__(
        self,
        folder: Path,
        phase: str,
        backend: Backend,
        writable: bool,
        tell: Callable[[Mapping[str, Any]], None] = lambda row: None,
    ) -> None:
        """tell: called with every row of the phase's metrics as it is made, and with all of them after a resume."""
        self.step = 0  # finished steps
        self.cost = Cost()
        self.left_out = 0  # samples that gave no example
        self._folder, self._phase, self._backend, self._writable, self._tell = folder, phase, backend, writable, tell
        self._metrics: list[dict[str, Any]] = []
        self._rows: list[dict[str, Any]] = []  # samples since the last checkpoint
        self._started = time.monotonic()

    def resume(self) -> None:
        """Go on from the last checkpoint inside the phase, where there is one."""
        checkpoints = self._checkpoints()
        if not checkpoints:
            return
        state = json.loads((checkpoints[-1] / STATE).read_text())
        self._backend.restore(checkpoints[-1], training_state=True)
        self.step, self.cost, self._metrics = state["step"], Cost(**state["cost"]), state["metrics"]
        self.left_out = state["left_out"]
        for kept in self._metrics:
            self._tell(kept)

    def record(self, attempts: Sequence[Attempt], step: int, left_out: int) -> None:
        """Samples of this step: kept, counted and summarised, whether or not an update follows."""
        self._rows += [row(attempt, "response", step) for attempt in attempts]
        self.left_out += left_out
        samples, sampled_tokens = len(attempts), sum(attempt.completion.length for attempt in attempts)
        self.cost.samples += samples
        self.cost.sampled_tokens += sampled_tokens
        reward = sum(attempt.reward for attempt in attempts) / samples
        figures = {"reward": reward, "length": sampled_tokens / samples, "left_out": left_out}
        self._keep({"step": step, **figures, "samples": samples, "sampled_tokens": sampled_tokens})

    def updated(self, metrics: Metrics, step: int) -> None:
        """One optimiser step was made."""
        self.cost.updates += 1
        self.cost.trained_tokens += metrics.tokens
        figures = {"loss": metrics.loss, "grad_norm": metrics.grad_norm, "learning_rate": metrics.learning_rate}
        self._keep({"step": step, **figures, **metrics.extra, "trained_tokens": metrics.tokens})

    def checkpoint(self) -> None:
        """Keep everything needed to go on from here; the checkpoint before it goes."""
        self._flush()
        before = self._checkpoints()
        state = {
            "step": self.step, "cost": asdict(self.cost), "metrics": self._metrics, "left_out": self.left_out,
        }  # fmt: skip
        target = self._folder / f"checkpoint-{self._phase}-{self.step:06d}"

        def write(path: Path) -> None:
            self._backend.save(path, training_state=True)
            (path / STATE).write_text(json.dumps(state))

        if self._writable:
            write_atomically(target, write)
            for old in before:
                shutil.rmtree(old)
        else:
            self._backend.save(target, training_state=True)

    def finish(self) -> None:
        """All steps are done: write the metrics and the rest of the samples."""
        self._flush()
        if self._writable:
            write_lines(self._folder / f"metrics-{self._phase}.jsonl", self._metrics)

    def summary(self) -> dict[str, Any]:
        """First and last loss, for the phase's marker."""
        losses = [metrics["loss"] for metrics in self._metrics if "loss" in metrics]
        return {"first_loss": losses[0], "last_loss": losses[-1]} if losses else {}

    def _keep(self, made: dict[str, Any]) -> None:
        self._metrics.append(made)
        self._tell(made)

    def _checkpoints(self) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"checkpoint-{self._phase}-[0-9]*") if (path / STATE).exists())

    def _flush(self) -> None:
        now = time.monotonic()
        self.cost.seconds += now - self._started
        self._started = now
        if self._rows and self._writable:
            rows = self._rows
            path = self._folder / f"samples-{self._phase}-{self.step:06d}.parquet"
            write_atomically(path, lambda temporary: write_rows(temporary, rows))
        self._rows = []
