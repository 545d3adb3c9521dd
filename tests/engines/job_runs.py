"""Run `engine_jobs.py` under torchrun and read what it left.

Example: `run_jobs([{"name": "zero3", "do": "train", ...}], folder, processes=2)["zero3"]["nll"]["losses"]`.
"""

import json
from pathlib import Path
from typing import Any

from launch import run_torchrun


def run_jobs(jobs: list[dict[str, Any]], out: Path, processes: int) -> dict[str, Any]:
    """Results by name."""
    (out / "jobs.json").write_text(json.dumps(jobs))
    script = Path(__file__).with_name("engine_jobs.py")
    run_torchrun([str(script), str(out / "jobs.json"), str(out)], processes, seconds=900)
    return {job["name"]: json.loads((out / f"{job['name']}.json").read_text()) for job in jobs}


def engine(zero_stage: int, **settings: Any) -> dict[str, Any]:
    """A `backend` section."""
    return {"name": "vllm-deepspeed", "options": {"zero_stage": zero_stage}, **settings}
