"""DeepSpeed's own config from our settings. Example: ZeRO 2 in bfloat16 on 8 ranks.

Micro-batches are ours (`update` marks the last one of a step), so DeepSpeed is told of one micro-batch of one sequence.
"""

from __future__ import annotations

from typing import Any

from sdzero_backends.vllm_deepspeed.options import Options
from sdzero_bench.config import BackendConfig


def deepspeed_config(config: BackendConfig, options: Options, world_size: int) -> dict[str, Any]:
    """The policy's."""
    zero: dict[str, Any] = {"stage": options.zero_stage}
    if options.offload_optimiser:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": True}
    if options.offload_weights:
        zero["offload_param"] = {"device": "cpu", "pin_memory": True}
    return _merged(
        {
            "train_batch_size": world_size,
            "train_micro_batch_size_per_gpu": 1,
            "gradient_accumulation_steps": 1,
            # Every training phase sets its own; without ZeRO the trainer clips.
            "gradient_clipping": 1.0 if options.zero_stage else 0.0,
            "zero_optimization": zero,
            "bf16": {"enabled": config.dtype == "bfloat16"},
            "zero_force_ds_cpu_optimizer": False,  # torch's AdamW, as in the other backend, offloaded too
            "steps_per_print": 10**9,
            "wall_clock_breakdown": False,
        },
        options.deepspeed,
    )


def teacher_config(config: BackendConfig, world_size: int) -> dict[str, Any]:
    """A frozen model with its weights divided among the ranks (ZeRO 3 without an optimiser)."""
    return {
        "train_batch_size": world_size,
        "train_micro_batch_size_per_gpu": 1,
        "zero_optimization": {"stage": 3},
        "bf16": {"enabled": config.dtype == "bfloat16"},
        "steps_per_print": 10**9,
    }


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Sections are merged, single values replaced."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
