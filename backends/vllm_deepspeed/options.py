"""`backend.options` of the vLLM + DeepSpeed backend, with their defaults.

Example: `--set backend.options.zero_stage=3 --set backend.options.tensor_parallel=2`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from sdzero_bench.config import Settings
from sdzero_bench.errors import UserError


class Options(Settings):
    """How DeepSpeed trains and how vLLM samples."""

    # DeepSpeed. Divided among the ranks: 0 nothing, 1 the optimiser, 2 gradients too, 3 weights (and the teacher) too
    zero_stage: Literal[0, 1, 2, 3] = 2
    offload_optimiser: bool = False  # Adam's moments and float32 weights in the host's memory (ZeRO 1-3)
    offload_weights: bool = False  # the weights too (ZeRO 3)
    deepspeed: dict[str, Any] = Field(default_factory=dict)  # further fields of DeepSpeed's own config

    # vLLM. colocated: an engine in every rank's process, on its device; server: `vllm serve` on devices of its own
    sampler: Literal["colocated", "server"] = "colocated"
    servers: tuple[str, ...] = ()  # base addresses (http://host:port), dealt out to the ranks; sampler: server
    weights_folder: str | None = None  # where servers read new weights: a folder trainers and servers share
    max_model_len: int | None = Field(None, gt=1)  # longest sequence, in tokens; None: the model's context
    tensor_parallel: int = Field(1, gt=0)  # ranks that hold one colocated engine together
    gpu_memory_utilization: float = Field(0.4, gt=0, lt=1)  # of a GPU: sampler's weights and KV cache
    cpu_kv_cache_gb: int = Field(1, gt=0)  # KV cache of an engine on the CPU, in GiB
    enforce_eager: bool = False  # no CUDA graphs; always so on the CPU
    prefix_caching: bool = True  # questions are sampled several times: their KV cache is computed once
    sleep: bool = True  # on a GPU: free the sampler's memory while the policy trains
    vllm: dict[str, Any] = Field(default_factory=dict)  # further arguments of vLLM's own EngineArgs

    @model_validator(mode="after")
    def _fit(self) -> Options:
        if self.offload_weights and self.zero_stage != 3:
            raise ValueError("offload_weights needs zero_stage 3")
        if self.offload_optimiser and self.zero_stage == 0:
            raise ValueError("offload_optimiser needs zero_stage 1, 2 or 3")
        if "max_model_len" in self.vllm:
            raise ValueError("set backend.options.max_model_len: the harness has to know it too")
        if self.sampler == "server" and not (self.servers and self.weights_folder):
            raise ValueError("sampler: server needs servers and weights_folder")
        if self.sampler == "colocated" and self.servers:
            raise ValueError("servers are given, but sampler is colocated; set sampler: server")
        return self


def read_options(options: dict[str, Any]) -> Options:
    """Check `backend.options`. Raises UserError naming the field."""
    try:
        return Options.model_validate(options)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(["backend.options", *map(str, problem["loc"])])
        if problem["type"] == "extra_forbidden":
            raise UserError(f"{field}: unknown; known: {', '.join(Options.model_fields)}") from None
        raise UserError(f"{field}: {problem['msg'].removeprefix('Value error, ')}; got {problem['input']!r}") from None
