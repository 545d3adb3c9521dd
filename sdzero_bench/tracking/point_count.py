"""How many points a tracker has got, for those that cannot be asked. Example of the file: `{"points": 57}`."""

from __future__ import annotations

import json
from pathlib import Path

from sdzero_bench.rundir import write_json


class PointCount:
    """A number that outlives the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.points: int = json.loads(path.read_text())["points"] if path.exists() else 0

    def one_more(self) -> None:
        """A point was handed over."""
        self.points += 1
        write_json(self._path, {"points": self.points})
