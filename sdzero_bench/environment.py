"""What a result depends on beside its config: versions and hardware. Written as environment.json with every run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("sdzero-bench", "torch", "transformers", "accelerate", "vllm", "deepspeed", "math-verify", "reasoning-gym")


def describe_environment(seed: int) -> dict[str, Any]:
    """JSON-serialisable. Packages that are not installed are left out."""
    import torch

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "seed": seed,
        "versions": versions,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }
