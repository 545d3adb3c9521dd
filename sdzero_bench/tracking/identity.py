"""Who a run is to trackers: the same in every process that goes on with it, so that it goes on there too.

Example: `results/compare-embedded-s0/sdzero` is the run `sdzero-s0` of the group `compare-embedded-s0`, with the id
`4f1d0c72` of its `tracking.json`.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.comparison_folder import is_comparison
from sdzero_bench.config import RunConfig
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import write_json

PROJECT = "sdzero-bench"
FILE = "tracking.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """One run, with the folder that trackers may write into."""

    folder: Path  # the run directory
    id: str  # unique, made when the run was first tracked
    name: str  # method or variant, and seed
    group: str | None  # the comparison


def identity_of(folder: Path, config: RunConfig) -> Identity:
    """The run's identity; its id is made and kept at the first call. Raises UserError where the file is spoilt."""
    path, above = folder / FILE, folder.resolve().parent
    if not path.exists():
        write_json(path, {"id": secrets.token_hex(4)})  # not `random`: the run's own numbers stay as they are
    name = f"{config.label or config.method}-s{config.seed}"
    try:
        kept = str(json.loads(path.read_text())["id"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"--track: {path} holds no id; delete it, and trackers begin a new run") from None
    return Identity(folder, kept, name, above.name if is_comparison(above) else None)
