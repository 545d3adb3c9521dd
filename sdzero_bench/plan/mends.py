"""Which settings make a plan fit that does not, with the estimate after the change.

Example: hf-accelerate with `sample_batch: 512` and responses of 32K tokens needs terabytes of KV cache; a smaller
batch fits. One setting that is enough is looked for first; without one, settings are changed one after the other.
Lengths and the method stay as they are: they are the experiment, not the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sdzero_bench.plan.case import Case
from sdzero_bench.plan.lengths import longest_sampled
from sdzero_bench.plan.memory import Memory, estimate

OPTIONS = (
    "max_model_len", "zero_stage", "gpu_memory_utilization", "tensor_parallel", "sleep", "offload_optimiser",
    "offload_weights", "cpu_kv_cache_gb",
)  # fmt: skip
CONTEXT = "max_model_len"
HF_ORDER = ("gradient_checkpointing", "micro_batch_tokens", "logit_chunk", "sample_batch")
VLLM_ORDER = (
    CONTEXT, "gradient_checkpointing", "sleep", "zero_stage", "gpu_memory_utilization", "tensor_parallel",
    "micro_batch_tokens", "logit_chunk", "offload_optimiser", "offload_weights", "cpu_kv_cache_gb",
)  # fmt: skip
ROUND = 1024  # tokens
SMALLEST = {"micro_batch_tokens": 1024, "logit_chunk": 64, "sample_batch": 1}


@dataclass(frozen=True, slots=True)
class Mend:
    """Settings to change together."""

    changes: tuple[tuple[str, Any], ...]
    case: Case  # changed
    memory: Memory

    @property
    def words(self) -> str:
        """As `--set` wants them."""
        return " ".join(f"--set {_path(name)}={_written(value)}" for name, value in self.changes)


def find_mends(case: Case) -> list[Mend]:
    """Every single setting that is enough; else one list of settings, the last of which may still not be enough."""
    order = VLLM_ORDER if case.is_vllm else HF_ORDER
    single = [mend for name in order if (mend := _enough(case, name)) is not None]
    return single or _together(case, order)


def _enough(case: Case, name: str) -> Mend | None:
    """The first value of one setting that makes everything fit."""
    for value in _values(case, name):
        changed = with_setting(case, name, value)
        memory = estimate(changed)
        if memory.excess == 0:
            return Mend(((name, value),), changed, memory)
    return None


def _together(case: Case, order: tuple[str, ...]) -> list[Mend]:
    """Each setting at the first value that leaves least missing, as long as something is missing."""
    changes: dict[str, Any] = {}
    current, missing = case, estimate(case).excess
    for name in order:
        for value in _values(current, name):
            excess = estimate(with_setting(current, name, value)).excess
            if excess < missing:
                changes[name], missing = value, excess
            if missing == 0:
                break
        if name in changes:
            current = with_setting(current, name, changes[name])
        if missing == 0:
            break
    for name in list(changes):  # an early change may be needless after a later one
        fewer = {other: value for other, value in changes.items() if other != name}
        if not (name == "zero_stage" and "offload_weights" in fewer) and estimate(_with(case, fewer)).excess <= missing:
            changes = fewer
    if not changes:
        return []
    current = _with(case, changes)
    return [Mend(tuple(changes.items()), current, estimate(current))]


def _values(case: Case, name: str) -> Iterator[Any]:
    """Values that may need less, the nearest to the present one first."""
    backend = case.config.backend
    if name in SMALLEST:
        value = getattr(backend, name)
        while value > SMALLEST[name]:
            value = max(value // 2, SMALLEST[name])
            yield value
    elif name == "gradient_checkpointing":
        if not backend.gradient_checkpointing:
            yield True
    elif name == "zero_stage":
        yield from range(case.options.zero_stage + 1, 4) if case.ranks > 1 else ()
    elif name == "tensor_parallel":
        if case.options.sampler == "colocated":
            most = min(case.ranks, case.profile.launcher.processes_per_node, case.shape.kv_heads)
            start = case.options.tensor_parallel
            yield from (n for n in range(start + 1, most + 1) if case.ranks % n == 0 and case.shape.heads % n == 0)
    elif name == "gpu_memory_utilization":
        if case.on_gpu:
            present = case.options.gpu_memory_utilization
            shares = [step / 20 for step in range(2, 19)]
            yield from sorted((s for s in shares if s != present), key=lambda share: (abs(share - present), share))
    elif name == CONTEXT:
        needed = ROUND * (longest_sampled(case) // ROUND + 2)  # longer questions than the assumed have room too
        if needed < (case.options.max_model_len or case.shape.context):
            yield needed
    elif name == "cpu_kv_cache_gb":
        if not case.on_gpu:
            yield from (case.options.cpu_kv_cache_gb * 2**power for power in range(1, 8))
    elif name == "sleep":
        if case.on_gpu and not case.options.sleep:
            yield True
    elif name == "offload_optimiser":
        if case.on_gpu and case.options.zero_stage and not case.options.offload_optimiser:
            yield True
    elif case.on_gpu and case.options.zero_stage == 3 and not case.options.offload_weights:
        yield True


def with_setting(case: Case, name: str, value: Any) -> Case:
    """The case with one field of `backend` or `backend.options` changed."""
    backend = case.config.backend
    if name in OPTIONS:
        backend = backend.model_copy(update={"options": {**backend.options, name: value}})
    else:
        backend = backend.model_copy(update={name: value})
    return replace(case, config=case.config.model_copy(update={"backend": backend}))


def _with(case: Case, changes: dict[str, Any]) -> Case:
    for name, value in changes.items():
        case = with_setting(case, name, value)
    return case


def _path(name: str) -> str:
    return f"backend.options.{name}" if name in (*OPTIONS, CONTEXT) else f"backend.{name}"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
