"""What trackers hold, read back with their own libraries: (update, figures) of every point.

Example: `tensorboard_scalars(run)["eval/accuracy"]` is [(0, 0.375), (20, 0.458)].
"""

import json
from pathlib import Path
from typing import Any

from sdzero_bench.tracking.wandb_files import offline_records

Points = list[tuple[int, dict[str, float]]]


def tensorboard_scalars(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def trackio_points(project: str, name: str) -> Points:
    from trackio.sqlite_storage import SQLiteStorage

    logs = SQLiteStorage.get_logs(project, name)
    return [(log.pop("step"), {key: value for key, value in log.items() if key != "timestamp"}) for log in logs]


def wandb_points(run: Path) -> Points:
    """Of all its offline files, in the order of wandb's own step."""
    rows = [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item}
        for record in wandb_records(run)
        if record.WhichOneof("record_type") == "history"
    ]
    rows.sort(key=lambda row: row["_step"])
    return [
        (int(row["budget/updates"]), {name: value for name, value in row.items() if not name.startswith("_")})
        for row in rows
    ]


def wandb_records(run: Path) -> list[Any]:
    return list(offline_records(run / "wandb", json.loads((run / "tracking.json").read_text())["id"]))
