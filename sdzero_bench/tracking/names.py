"""`--track`: which trackers are asked for, refused before anything expensive where they cannot work.

Example: `--track tensorboard --track wandb,trackio` is all three; `--track wandbb` names the known ones; without
the package `--track wandb` says `pip install 'sdzero-bench[wandb]'`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec

from sdzero_bench.errors import UserError


class TrackerName(StrEnum):
    """Known trackers, by the name of their package and of the extra that installs it."""

    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    TRACKIO = "trackio"


def chosen_trackers(values: Sequence[str] | None) -> tuple[TrackerName, ...]:
    """The trackers that `--track` names, each once, in order.

    Raises UserError for unknown names, for packages that are missing or broken, and for wandb without a login.
    """
    words = [word.strip() for value in values or () for word in value.split(",")]
    names = tuple(_known(word) for word in dict.fromkeys(word for word in words if word))
    if values and not names:
        raise UserError(f"--track: names no tracker; known: {', '.join(TrackerName)}")
    for name in names:
        if find_spec(name) is None:
            raise UserError(f"--track: {name} is not installed: pip install 'sdzero-bench[{name}]'")
        if os.environ.get("RANK", "0") == "0":  # the only one that logs
            _check(name)
    return names


def _known(word: str) -> TrackerName:
    try:
        return TrackerName(word)
    except ValueError:
        raise UserError(f"--track: unknown tracker {word!r}; known: {', '.join(TrackerName)}") from None


def _check(name: TrackerName) -> None:
    """Raises UserError where the package cannot be imported, or wants a login."""
    try:
        import_module(name)
    except Exception as error:  # a broken installation raises anything
        raise UserError(
            f"--track: {name} cannot be imported ({' '.join(str(error).split())}): "
            f"pip install --force-reinstall 'sdzero-bench[{name}]'"
        ) from None
    if name is TrackerName.WANDB:
        from sdzero_bench.tracking.to_wandb import check_login

        check_login()
