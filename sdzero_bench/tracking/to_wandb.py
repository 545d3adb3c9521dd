"""wandb: one run of the project `sdzero-bench` (or $WANDB_PROJECT), files in RUN/wandb.

Example: `WANDB_MODE=offline sdzero-bench train --method grpo --track wandb -o results/grpo`, later
`wandb sync results/grpo/wandb/offline-run-*`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import wandb

from sdzero_bench.errors import UserError
from sdzero_bench.tracking.identity import PROJECT, Identity
from sdzero_bench.tracking.wandb_files import offline_points

SECONDS = 60  # to wait for a server at the start and at the end


def check_login() -> None:
    """Raises UserError where wandb would ask for a key. Nothing is asked of the server."""
    settings = wandb.setup(wandb.Settings(silent=True)).settings
    if settings.mode in ("offline", "disabled", "dryrun"):
        return
    if not wandb.login(prompt=False, verify=False):
        raise UserError(
            "--track wandb: no login is known: `wandb login` or WANDB_API_KEY=..., "
            "or WANDB_MODE=offline to keep the run here and `wandb sync` it later"
        )


class Wandb:
    """A `Tracker`. x axis: budget/updates."""

    def __init__(self, identity: Identity, settings: Mapping[str, Any], say: Callable[[str], None]) -> None:
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=identity.id,
            resume="allow",
            reinit="create_new",  # a run of this process that is still open is another method's
            name=identity.name,
            group=identity.group,
            config=dict(settings),
            allow_val_change=True,  # a run that goes on may have more rounds
            dir=str(identity.folder),
            settings=wandb.Settings(console="off", silent=True, init_timeout=SECONDS, finish_timeout=SECONDS),
        )
        self._run.define_metric("*", step_metric="budget/updates")
        # A server knows its next step; without one the files do.
        self.kept = offline_points(identity.folder / "wandb", identity.id) if self._run.offline else self._run.step
        self._points = self.kept
        where = (
            f"`wandb sync {self._run.settings.sync_dir}` sends it" if self._run.offline else self._run.url or "disabled"
        )
        say(f"wandb: {identity.name}, {where}")

    def log(self, figures: Mapping[str, float], update: int) -> None:
        """wandb's own step is the number of the point: several points may stand at one update."""
        self._run.log(dict(figures), step=self._points)
        self._points += 1

    def close(self, done: bool) -> None:
        """Wait for the upload, a minute at most; what is left then is on disk for `wandb sync`."""
        self._run.finish(exit_code=0 if done else 1)
