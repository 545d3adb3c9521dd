"""trackio: one run of the project `sdzero-bench`, in trackio's own folder (TRACKIO_DIR, or in the Hugging Face cache).

Example: `trackio show --project sdzero-bench`. TRACKIO_SPACE_ID or TRACKIO_SERVER_URL send it elsewhere.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from typing import Any

import trackio
from trackio.sqlite_storage import SQLiteStorage

from sdzero_bench.tracking.identity import PROJECT, Identity
from sdzero_bench.tracking.point_count import PointCount


class Trackio:
    """A `Tracker`. trackio knows runs by name, so the id is part of it."""

    def __init__(self, identity: Identity, settings: Mapping[str, Any], say: Callable[[str], None]) -> None:
        project, name = os.environ.get("TRACKIO_PROJECT", PROJECT), f"{identity.name}-{identity.id}"
        with redirect_stdout(io.StringIO()):  # standard output is for results
            self._run = trackio.init(
                project, name=name, group=identity.group, config=dict(settings), resume="allow", embed=False
            )
        remote = os.environ.get("TRACKIO_SPACE_ID") or os.environ.get("TRACKIO_SERVER_URL")
        # Locally points are counted where they are: the last half second of a killed process is not among them.
        self._count = PointCount(identity.folder / "trackio.json") if remote else None
        self.kept = self._count.points if self._count else SQLiteStorage.get_log_count(project, run=name)
        where = remote.partition("?")[0] if remote else f"`trackio show --project {project}` shows it"  # no token
        say(f"trackio: {name}, {where}")

    def log(self, figures: Mapping[str, float], update: int) -> None:
        """Queued: a thread of trackio's writes it."""
        self._run.log(dict(figures), step=update)
        if self._count:
            self._count.one_more()

    def close(self, done: bool) -> None:
        """Wait for that thread."""
        with redirect_stdout(io.StringIO()):
            trackio.finish()  # not the run's own: trackio would do it again, aloud, at exit
