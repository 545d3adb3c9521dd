"""What `localize` leaves in its folder, read back without an engine.

Example: `results/localize-compare-embedded-s0-sdzero` is the policy ("sdzero", seed 0, round 3).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.errors import UserError
from sdzero_bench.run_results import run_label

RESPONSES, SUMMARY = "responses.parquet", "summary.json"
KEY = "localisation"  # of run.yaml: policy, reviser, round, responses


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose responses were scored."""

    method: str  # a row's name in the tables
    seed: int
    round: int  # 0 is the base
    reviser: str | None = None  # whose weights the reviser has; None: the policy's own

    @property
    def title(self) -> str:
        """In words: 'sdzero, seed 0, round 3'."""
        reviser = f", reviser {self.reviser}" if self.reviser else ""
        return f"{self.method}, seed {self.seed}, {f'round {self.round}' if self.round else 'base'}{reviser}"


def is_localisation(folder: Path) -> bool:
    """Whether the folder is an output of `localize`, finished or not."""
    path = folder / "run.yaml"
    config = yaml.safe_load(path.read_text()) if path.exists() else None
    return isinstance(config, dict) and KEY in config


def read_policy(folder: Path) -> Policy:
    """Of the folder's run.yaml."""
    config = yaml.safe_load((folder / "run.yaml").read_text())
    kept = config[KEY]
    reviser = None if kept["reviser"] == kept["policy"] else str(kept["reviser"])
    return Policy(run_label(config), config["seed"], kept["round"], reviser)


def titles(folders: Sequence[Path]) -> list[str]:
    """Every folder's policy in words, with the folder where another has the same."""
    found = [read_policy(folder).title for folder in folders]
    return [
        f"{title} ({folder})" if found.count(title) > 1 else title for title, folder in zip(found, folders, strict=True)
    ]


def read_summary(folder: Path) -> dict[str, Any]:
    """What summary.json of a finished localisation holds. Raises UserError for anything else."""
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text()) if path.exists() else {}
    except ValueError:
        summary = {}
    if "by_rank" not in summary.get("wrong", {}):
        raise UserError(f"{folder} is no finished output folder of localize; repeat the command that made it")
    return dict(summary)
