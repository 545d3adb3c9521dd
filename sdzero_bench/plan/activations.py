"""What a pass over one micro-batch keeps for its backward pass: activations and logits, in bytes.

The bookkeeping is Korthikanti et al. 2022 ("Reducing Activation Recomputation in Large Transformer Models", section 4)
for the layers trained here (RMSNorm, gated feed-forward, attention that keeps no scores: flash or sdpa). Of a token in
one layer these are kept:

    two norms of the hidden state   input and normalised (float32), and the result that linear layers read
    norms of queries and keys       input and normalised, where the model has them
    attention                       queries, keys and values as wide as the queries (padded rows repeat them), output
    feed-forward                    gate, its activation, up, their product

With gradient checkpointing a layer keeps its input alone, and one layer at a time is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.config import RunConfig
from sdzero_bench.plan.case import Case
from sdzero_bench.plan.lengths import Trained
from sdzero_bench.plan.model_shape import Shape

FLOAT32 = 4
# Bytes that the two norms keep for one number of the hidden state, by how the pass computes (see `precision`). Autocast
# leaves norms and the residual stream in float32 and casts a norm's result once for each of the 3 + 2 linear layers.
NORM_BYTES = {"float32": 2 * (4 + 4 + 4), "bfloat16": 2 * (4 + 2 + 2), "autocast": 2 * (4 + 4) + 5 * 2}
# Float32 tensors [chunk, vocabulary] alive at the worst moment of a loss, counted from `objectives.py` (log-softmax,
# its gradients; for a divergence both models' logits, log-probabilities, their difference and product).
LOGITS_ALIVE = {"nll": 3, "top_k": 4, "full": 7, "mixed": 10, "policy": 4, "policy_kl": 6}


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """The largest one of a phase."""

    rows: int
    student: int  # padded tokens
    teacher: int
    counted: int
    length: int  # of its longest sequence


def micro_batch(trained: Trained, padded_tokens: int) -> MicroBatch:
    """As `by_length` deals them out: rows as wide as the longer of both sequences, at least one row."""
    rows = max(1, padded_tokens // max(trained.student, trained.teacher))
    return MicroBatch(
        rows, rows * trained.student, rows * trained.teacher, rows * trained.counted,
        max(trained.student, trained.teacher),
    )  # fmt: skip


def precision(case: Case) -> str:
    """How numbers are computed: float32; bfloat16 (weights too); autocast (hf-accelerate's: weights stay float32)."""
    if case.config.backend.dtype == "float32":
        return "float32"
    return "bfloat16" if case.is_vllm else "autocast"


def activation_bytes(shape: Shape, batch: MicroBatch, how: str, checkpointing: bool) -> float:
    """Everything between the token ids and the last hidden states, and the attention mask."""
    layer = _layer_bytes(shape, how)
    residual = 2 if how == "bfloat16" else FLOAT32
    kept = shape.layers * shape.hidden * residual + layer if checkpointing else shape.layers * layer
    # Gradients of a layer's widest part while it is walked back, and hidden states before and after the layers.
    width = 2 if how != "float32" else FLOAT32
    walking = 4 * shape.intermediate * width + NORM_BYTES[how] / 2 * shape.hidden
    teacher = batch.teacher * (3 * shape.intermediate * width + 2 * shape.hidden * residual)  # one layer, nothing kept
    mask = max(batch.student, batch.teacher) * batch.length * (1 + width)  # which token sees which, and its bias
    return batch.student * (kept + walking) + teacher + mask


def logit_bytes(case: Case, phase: str, batch: MicroBatch) -> float:
    """Logits of one chunk, and the gradient of the output head (summed over chunks: two of it exist)."""
    width = FLOAT32 if precision(case) == "float32" else 2
    kind = _kind(case.config, phase)
    models = 2 if kind in ("top_k", "full", "mixed", "policy_kl") else 1
    chunk = min(case.config.backend.logit_chunk, batch.counted)
    lower = models * width if width < FLOAT32 else 0  # the head's own output, before it becomes float32
    vocabulary = case.shape.vocabulary
    hidden = models * batch.counted * case.shape.hidden * width
    head = 2 * vocabulary * case.shape.hidden * width
    return chunk * vocabulary * (LOGITS_ALIVE[kind] * FLOAT32 + lower) + head + hidden


def _layer_bytes(shape: Shape, how: str) -> float:
    """Of one token."""
    width = FLOAT32 if how == "float32" else 2
    norms = NORM_BYTES[how] * shape.hidden + (FLOAT32 + width) * (shape.queries + shape.keys) * shape.qk_norm
    return norms + 4 * shape.queries * width + 4 * shape.intermediate * width


def _kind(config: RunConfig, phase: str) -> str:
    if phase in ("srt", "rft", "sft"):
        return "nll"
    if phase == "grpo":
        return "policy_kl" if config.grpo.kl_weight else "policy"
    settings = config.sdft if phase == "sdft" else config.distil
    if settings.top_k:
        return "top_k"
    return "mixed" if settings.divergence == "mixed" else "full"
