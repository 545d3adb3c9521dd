"""TensorBoard: event files in RUN/tensorboard, by torch's SummaryWriter (a training process has torch already).

Example: `tensorboard --logdir results/compare-embedded-s0` shows every method of the comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from sdzero_bench.table_formats import flat
from sdzero_bench.tracking.identity import Identity


class TensorBoard:
    """A `Tracker`. Every process that goes on with a run adds a file to its folder."""

    def __init__(self, identity: Identity, settings: Mapping[str, Any]) -> None:
        folder = identity.folder / "tensorboard"
        self.kept = points_in(folder)
        self._writer = SummaryWriter(str(folder))
        if not self.kept:
            self._writer.add_text("config", f"```yaml\n{yaml.safe_dump(dict(settings), sort_keys=False)}```")
            # not add_hparams, which makes a folder of its own, a second run
            fields = {
                name: value if isinstance(value, bool | int | float | str) else str(value)
                for name, value in flat(settings, ".").items()
                if value is not None
            }
            for summary in hparams(fields, {"eval/accuracy": 0.0}):
                self._writer._get_file_writer().add_summary(summary)
            self._writer.flush()

    def log(self, figures: Mapping[str, float], update: int) -> None:
        """`round` comes last: a point counts when it is whole."""
        for name, value in figures.items():
            self._writer.add_scalar(name, value, update)
        self._writer.flush()  # a killed process leaves what it has logged

    def close(self, done: bool) -> None:
        """Close the file."""
        self._writer.close()


def points_in(folder: Path) -> int:
    """How many points the folder's event files hold. Each has a `round`."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    if not folder.exists():
        return 0
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return len(events.Scalars("round")) if "round" in events.Tags()["scalars"] else 0
