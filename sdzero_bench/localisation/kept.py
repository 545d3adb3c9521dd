"""What `localize` leaves in its folder, read back without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError

RESPONSES, SUMMARY = "responses.parquet", "summary.json"


def read_summary(folder: Path) -> dict[str, Any]:
    """What summary.json of a finished localisation holds. Raises UserError for anything else."""
    path = folder / SUMMARY
    summary = json.loads(path.read_text()) if path.exists() else {}
    if "by_rank" not in summary.get("wrong", {}):
        raise UserError(f"--runs: {folder} is no finished output folder of localize")
    return dict(summary)
