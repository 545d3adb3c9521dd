"""The trackers of one run directory, from its first point to its last.

Example:

    with tracked([TrackerName.TENSORBOARD], directory, config, reporter.say) as tracking:
        tracking.evaluated(0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sdzero_bench.config import RunConfig
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.tracking.guarded import Guarded
from sdzero_bench.tracking.identity import Identity, identity_of
from sdzero_bench.tracking.names import TrackerName
from sdzero_bench.tracking.tracked_run import TrackedRun
from sdzero_bench.tracking.tracker import Tracker, Tracking, Untracked


@contextmanager
def tracked(
    names: Sequence[TrackerName], directory: RunDirectory, config: RunConfig, say: Callable[[str], None]
) -> Iterator[Tracking]:
    """Open the trackers, tell them what the directory holds already, and close them however the run ends."""
    if not names or not directory.writable:
        yield Untracked()
        return
    identity = identity_of(directory.root, config)
    trackers = [Guarded(name, lambda name=name: _open(name, identity, config, say), say) for name in names]  # type: ignore[misc]
    done = False
    try:
        run = TrackedRun(directory, trackers)
        run.catch_up()
        yield run
        done = True
    finally:
        for tracker in trackers:
            tracker.close(done)


def _open(name: TrackerName, identity: Identity, config: RunConfig, say: Callable[[str], None]) -> Tracker:
    """The tracker's run: a new one, or the one of this identity."""
    settings = config.model_dump(mode="json", exclude={"variants"})  # what the run is, not what else it might have been
    if name is TrackerName.TENSORBOARD:
        from sdzero_bench.tracking.to_tensorboard import TensorBoard

        return TensorBoard(identity, settings)
    if name is TrackerName.WANDB:
        from sdzero_bench.tracking.to_wandb import Wandb

        return Wandb(identity, settings, say)
    from sdzero_bench.tracking.to_trackio import Trackio

    return Trackio(identity, settings, say)
