"""Bytes that one rank holds in each state of a round: backward pass, optimiser step, sampling.

Example: SD-Zero with Qwen3-4B, vllm-deepspeed, ZeRO 2 on 8 GPUs of 80 GB: weights and the teacher's whole, 8 GB each;
gradients, float32 weights and moments divided by 8; vLLM's 40 GB only while it samples. Model states follow the ZeRO
paper (Rajbhandari et al. 2020: 2 + 2 + 12 bytes a parameter in mixed precision, divided by stage) and DeepSpeed's own
estimate, which adds the gradients' float32 copy at the step.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.plan.activations import FLOAT32, activation_bytes, logit_bytes, micro_batch, precision
from sdzero_bench.plan.case import Case
from sdzero_bench.plan.lengths import longest_sampled, longest_trained

BACKWARD, STEP, SAMPLING = "backward pass", "optimiser step", "sampling"
STATES = (BACKWARD, STEP, SAMPLING)
# DeepSpeed's defaults, in numbers (runtime/zero/config.py)
REDUCE_BUCKET, LIVE_WEIGHTS, SUB_GROUP = 500_000_000, 1_000_000_000, 1_000_000_000
PROCESS_BYTES = {True: 1.5e9, False: 0.5e9}  # on a GPU: context, NCCL, libraries; without one: Python and torch
FRAGMENTATION = 0.05  # of everything the allocator hands out
ENGINE_BYTES = 2e9  # vLLM's own working memory and CUDA graphs, before the rest becomes KV cache

Terms = dict[str, float]


@dataclass(frozen=True, slots=True)
class Cache:
    """vLLM's KV cache, of one engine."""

    held: float  # bytes; negative: not even the weights fit
    longest: float  # bytes of the longest sequence it has to hold


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by state and term."""

    states: dict[str, Terms]
    capacity: float
    cache: Cache | None
    host: float  # bytes that a rank moves to the host's memory

    def total(self, state: str) -> float:
        """Of one state."""
        return sum(self.states[state].values())

    @property
    def peak(self) -> str:
        """The state that needs most."""
        return max(self.states, key=self.total)

    @property
    def excess(self) -> float:
        """Bytes that are missing, over all states and the cache; 0 when all fits."""
        over = sum(max(0.0, self.total(state) - self.capacity) for state in self.states)
        return over + (max(0.0, self.cache.longest - self.cache.held) if self.cache else 0.0)


def estimate(case: Case) -> Memory:
    """What a rank of this case holds."""
    states = _deepspeed(case) if case.is_vllm else _accelerate(case)
    for terms in states.values():
        handed_out = sum(value for name, value in terms.items() if name != "vLLM")
        terms["reserve"] = PROCESS_BYTES[case.on_gpu] + FRAGMENTATION * handed_out
    host = 0.0
    if case.is_vllm:
        options, parameters = case.options, case.shape.parameters
        host = (options.offload_optimiser * 16 + options.offload_weights * _width(case)) * parameters / case.ranks
    return Memory(states, case.memory, engine_cache(case) if case.is_vllm else None, host)


def kv_bytes(case: Case, length: float) -> float:
    """Keys and values of one sequence."""
    keys, values = _width(case), _width(case)
    if precision(case) == "autocast" and case.shape.qk_norm:
        keys = FLOAT32  # normalised in float32, and kept so
    return (keys + values) * case.shape.keys * case.shape.cached_tokens(round(length))


def engine_cache(case: Case) -> Cache:
    """What is left of a vLLM engine's share when its weights are in it, over all GPUs of the engine."""
    options, weights = case.options, case.shape.parameters * _width(case)
    # vLLM refuses to start where it could not hold one sequence of max_model_len, by default the model's context
    longest = kv_bytes(case, options.max_model_len or case.shape.context)
    if not case.on_gpu:
        return Cache(options.cpu_kv_cache_gb * 1e9, longest)
    gpus = engine_gpus(case)
    share = options.gpu_memory_utilization * case.profile.machine.memory_gb * 1e9
    return Cache(gpus * (share - ENGINE_BYTES) - weights, longest)


def engine_gpus(case: Case) -> int:
    """GPUs that hold one vLLM engine together."""
    options, servers = case.options, case.profile.servers
    if options.sampler == "server":
        return servers.tensor_parallel if servers else 1
    return int(options.tensor_parallel)


def sampled_rows(case: Case) -> int:
    """Rows that hf-accelerate samples together on one rank."""
    return case.config.backend.sample_batch


def _width(case: Case) -> int:
    """Bytes of a number in the passes."""
    return FLOAT32 if case.config.backend.dtype == "float32" else 2


def _training(case: Case) -> Terms:
    """Activations and logits of the phase that needs most."""
    backend = case.config.backend
    phases = []
    for trained in longest_trained(case):
        batch = micro_batch(trained, backend.micro_batch_tokens)
        kept = activation_bytes(case.shape, batch, precision(case), backend.gradient_checkpointing)
        phases.append({"activations": kept, "logits": logit_bytes(case, trained.phase, batch)})
    return max(phases, key=lambda terms: sum(terms.values()), default={})


def _accelerate(case: Case) -> dict[str, Terms]:
    """Everything in float32 on every rank; under autocast the bfloat16 copies of the weights live as long as a pass."""
    parameters = case.shape.parameters
    held = {"weights": 4.0 * parameters, "Adam moments": 8.0 * parameters}
    if case.learns_from_a_teacher:
        held["teacher"] = 4.0 * parameters
    copies = {"autocast copies": 2.0 * parameters} if precision(case) == "autocast" else {}
    gradients = {"gradients": 4.0 * parameters}
    rows, longest = sampled_rows(case), longest_sampled(case)
    one_layer = 2 * case.shape.queries * longest * _width(case)  # repeated for every head, and grown by copying
    cache = {"KV cache": rows * (kv_bytes(case, longest) + one_layer)}
    drawn = {"logits": rows * case.shape.vocabulary * FLOAT32 * (8 if case.config.sampling.top_p < 1 else 4)}
    return {
        BACKWARD: {**held, **copies, **gradients, **_training(case)},
        STEP: {**held, **gradients, "step": _step_bytes(case, parameters)},
        SAMPLING: {**held, **copies, **cache, **drawn},
    }


def _step_bytes(case: Case, parameters: float) -> float:
    """torch's AdamW takes the square roots of all second moments at once on a GPU, one tensor's without."""
    return 4.0 * (parameters if case.on_gpu else case.shape.vocabulary * case.shape.hidden)


def _deepspeed(case: Case) -> dict[str, Terms]:
    """Model states by ZeRO stage, and vLLM's share while it is awake."""
    options, parameters, width = case.options, case.shape.parameters, _width(case)
    stage, ranks = options.zero_stage, case.ranks
    states = model_states(parameters, ranks, stage, width, options.offload_optimiser, options.offload_weights)
    held = {name: states[name] for name in ("weights", "float32 weights", "Adam moments")}
    if case.learns_from_a_teacher:
        held["teacher"] = width * parameters / (ranks if stage == 3 else 1)
    gradients, copy = {"gradients": states["gradients"]}, states["gradients in float32"]
    kept = gradients if stage == 3 else {}  # ZeRO 3 keeps their buffer between updates
    temporary = 0.0 if options.offload_optimiser else _step_bytes(case, parameters / (ranks if stage else 1))
    awake = {} if options.sampler == "server" else {"vLLM": _engine_share(case)}
    asleep = {} if options.sleep and case.on_gpu else awake
    return {
        BACKWARD: {**held, **gradients, "communication": _communication(case), **_training(case), **asleep},
        STEP: {**held, **gradients, "step": copy + temporary, **asleep},
        SAMPLING: {**held, **kept, **awake},
    }


def model_states(
    parameters: int, ranks: int, stage: int, width: int, offload_optimiser: bool = False, offload_weights: bool = False
) -> Terms:
    """Bytes on the device of one rank. width: of a weight, 2 in bfloat16 with a float32 copy, 4 in float32."""
    divided = {minimum: parameters / (ranks if stage >= minimum else 1) for minimum in (1, 2, 3)}
    optimiser = 0.0 if offload_optimiser else divided[1]
    reduced = 0.0 if offload_optimiser and stage >= 2 else divided[2]
    whole = 4.0 * optimiser
    copied = min(optimiser, SUB_GROUP) if stage == 3 else optimiser
    return {
        "weights": 0.0 if offload_weights else width * divided[3],
        "gradients": width * reduced,
        "float32 weights": whole if width == 2 or stage else 0.0,
        "Adam moments": 8.0 * optimiser,
        "gradients in float32": 4.0 * copied if width == 2 else 0.0,
    }


def _communication(case: Case) -> float:
    """Buckets of gradients; with ZeRO 3 the weights that are gathered at the time, the teacher's too."""
    stage, parameters, width = case.options.zero_stage, case.shape.parameters, _width(case)
    if case.ranks == 1 and not case.options.offload_weights:
        return 0.0
    bucket = float(width * min(parameters, REDUCE_BUCKET))
    if stage < 3:
        return bucket
    models = 2 if case.learns_from_a_teacher else 1
    return 2 * bucket + models * width * min(parameters, LIVE_WEIGHTS)  # two buckets: they overlap with the pass


def _engine_share(case: Case) -> float:
    """What vLLM takes of one rank's memory."""
    options = case.options
    if case.on_gpu:
        return float(options.gpu_memory_utilization * case.memory)
    return float(options.cpu_kv_cache_gb * 1e9 + case.shape.parameters * _width(case) / options.tensor_parallel)
