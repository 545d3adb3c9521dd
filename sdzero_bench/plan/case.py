"""What is planned: one method's config on one launch profile, with the lengths that are assumed.

Example: SD-Zero with Qwen3-4B on `node8`: 8 ranks, bfloat16 weights, ZeRO 2, prompts of 256 tokens, responses of 3,700.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from sdzero_bench.backend import backend_names
from sdzero_bench.config import RunConfig
from sdzero_bench.errors import UserError
from sdzero_bench.launching.profile import Profile
from sdzero_bench.plan.model_shape import Shape

HF, VLLM = "hf-accelerate", "vllm-deepspeed"
PAPER_MEAN_TOKENS = 3_700  # of a training response in the paper's runs
CONTROL_TOKENS = 16  # a control phrase with its blank lines


@dataclass(frozen=True)
class Case:
    """One method on one profile."""

    config: RunConfig
    profile: Profile
    shape: Shape
    questions: int  # a round
    evaluated: int  # evaluation questions
    prompt_tokens: int = 256  # of a question under the chat template
    mean_tokens: int = PAPER_MEAN_TOKENS  # of a response

    @property
    def is_vllm(self) -> bool:
        """Whether vLLM samples and DeepSpeed trains."""
        return self.config.backend.name == VLLM

    @property
    def options(self) -> Any:
        """`backend.options`, checked, with the engine's defaults."""
        return read_options(self.config)

    @property
    def ranks(self) -> int:
        """Processes that train."""
        return self.profile.processes

    @property
    def on_gpu(self) -> bool:
        """Whether a rank has a GPU of its own; otherwise the node's memory is shared."""
        return self.profile.machine.device == "cuda"

    @property
    def memory(self) -> float:
        """Bytes one rank may use."""
        share = 1 if self.on_gpu else self.profile.launcher.processes_per_node
        return self.profile.machine.memory_gb * 1e9 / share

    @property
    def devices(self) -> int:
        """What is paid for: all GPUs, or all processes where there are none."""
        return self.profile.launcher.nodes * self.profile.machine.gpus_per_node if self.on_gpu else self.ranks

    @property
    def learns_from_a_teacher(self) -> bool:
        """Whether frozen weights are kept beside the policy."""
        config = self.config
        return (
            (config.method == "sdzero" and config.sdzero.distil)
            or config.method == "sdft"
            or (config.method == "grpo" and config.grpo.kl_weight > 0)
        )


def read_options(config: RunConfig) -> Any:
    """The engine's own check of `backend.options`, found by entry point like the engine itself."""
    name, names = config.backend.name, backend_names()
    if name not in names:
        raise UserError(f"backend: unknown backend {name!r}; installed: {', '.join(sorted(names))}")
    if name not in (HF, VLLM):
        raise UserError(f"backend: `plan` knows the memory of {HF} and {VLLM}, not of {name!r}")
    if name == HF:
        if config.backend.options:
            raise UserError(f"backend.options: {HF} has none; got {', '.join(config.backend.options)}")
        return None
    return import_module(f"{names[name].module}.options").read_options(config.backend.options)


def check_case(case: Case) -> None:
    """Refuse engines that the ranks cannot hold. Raises UserError."""
    if case.is_vllm and case.options.sampler == "colocated" and case.ranks % case.options.tensor_parallel:
        raise UserError(
            f"backend.options.tensor_parallel: {case.options.tensor_parallel} ranks hold one engine together, and the "
            f"profile's {case.ranks} ranks do not divide by it"
        )
