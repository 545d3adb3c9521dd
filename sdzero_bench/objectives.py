"""What an update minimises: torch losses as pure functions of logits, targets and masks. Every backend calls these.

Example: distilling one response of 40 tokens with a vocabulary of 151,936 gives student and teacher logits of shape
[40, 151936]; `token_kl` returns the 40 divergences, and the objective's weights make them one number.

Shape suffixes: N counted tokens (those with a weight), V vocabulary, D hidden size, K top-k.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from sdzero_bench.config import Divergence
from sdzero_bench.examples import Aggregation

Head = Callable[[Tensor], Tensor]  # hidden states [..., D] to logits [..., V]


@dataclass(frozen=True, slots=True)
class Targets:
    """What is known of the counted tokens."""

    token_ids_N: Tensor  # int64: the token that was to be predicted
    advantages_N: Tensor  # float32: the advantage of the token's sequence
    old_logprobs_N: Tensor | None  # float32: log-probability when it was sampled; None: the current policy's

    def slice(self, start: int, end: int) -> Targets:
        """Targets start to end."""
        old = None if self.old_logprobs_N is None else self.old_logprobs_N[start:end]
        return Targets(self.token_ids_N[start:end], self.advantages_N[start:end], old)


def token_nll(logits_NV: Tensor, token_ids_N: Tensor) -> Tensor:
    """Negative log-likelihood of each token in nats: float32 [N]."""
    return -token_logprobs(logits_NV, token_ids_N)


def token_logprobs(logits_NV: Tensor, token_ids_N: Tensor) -> Tensor:
    """Natural-log probability of each token: float32 [N]."""
    return logits_NV.float().log_softmax(-1).gather(-1, token_ids_N.unsqueeze(-1)).squeeze(-1)


def token_kl(
    student_NV: Tensor,
    teacher_NV: Tensor,
    divergence: Divergence = Divergence.REVERSE,
    mixed_weight: float = 0.5,
    top_k: int | None = None,
) -> Tensor:
    """Divergence between the two next-token distributions at each token, in nats: float32 [N].

    reverse: sum_v p_student log(p_student / p_teacher), the paper's equation; forward: with the roles exchanged; mixed:
    mixed_weight * forward + (1 - mixed_weight) * reverse. With top_k both distributions are restricted to the teacher's
    k likeliest tokens and renormalised there (Section 3.2: "on the teacher's top-k = 64 logits"). The teacher gets no
    gradient.
    """
    student_NV, teacher_NV = student_NV.float(), teacher_NV.detach().float()
    if top_k is not None and top_k < teacher_NV.shape[-1]:
        teacher_NV, indices_NK = teacher_NV.topk(top_k, dim=-1)
        student_NV = student_NV.gather(-1, indices_NK)
    log_student, log_teacher = student_NV.log_softmax(-1), teacher_NV.log_softmax(-1)

    def kl(log_p: Tensor, log_q: Tensor) -> Tensor:
        return (log_p.exp() * (log_p - log_q)).sum(-1)

    if divergence is Divergence.REVERSE:
        return kl(log_student, log_teacher)
    if divergence is Divergence.FORWARD:
        return kl(log_teacher, log_student)
    return mixed_weight * kl(log_teacher, log_student) + (1 - mixed_weight) * kl(log_student, log_teacher)


def clipped_policy_gradient(
    logprobs_N: Tensor, old_logprobs_N: Tensor, advantages_N: Tensor, clip_low: float, clip_high: float
) -> tuple[Tensor, Tensor]:
    """PPO's clipped surrogate with decoupled bounds (Schulman et al. 2017; DAPO, Yu et al. 2025), to be minimised.

    Returns the losses [N] and whether the clip was active [N] (bool).
    """
    ratio_N = (logprobs_N - old_logprobs_N).exp()
    plain_N = ratio_N * advantages_N
    clipped_N = ratio_N.clamp(1 - clip_low, 1 + clip_high) * advantages_N
    return -torch.minimum(plain_N, clipped_N), clipped_N < plain_N


def reference_kl(logprobs_N: Tensor, reference_logprobs_N: Tensor) -> Tensor:
    """Schulman's k3 estimate of KL(policy || reference) at each sampled token, as GRPO uses it (Shao et al. 2024)."""
    gap_N = reference_logprobs_N - logprobs_N
    return gap_N.exp() - gap_N - 1


class Objective(ABC):
    """The loss of one update. `aggregation` says how token losses are averaged over the batch."""

    aggregation: Aggregation = Aggregation.TOKEN_MEAN
    needs_teacher: bool = False

    @abstractmethod
    def token_losses(
        self, logits_NV: Tensor, targets: Targets, teacher_NV: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of each counted token, float32 [N], and further figures to log, each [N]."""


@dataclass(frozen=True)
class NLL(Objective):
    """Token negative log-likelihood: SFT, RFT and both SRT losses (which differ in their token weights)."""

    aggregation: Aggregation = Aggregation.TOKEN_MEAN

    def token_losses(
        self, logits_NV: Tensor, targets: Targets, teacher_NV: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `token_nll`."""
        return token_nll(logits_NV, targets.token_ids_N), {}


@dataclass(frozen=True)
class TokenKL(Objective):
    """L_SD: divergence from the frozen teacher at every token of the student's own response."""

    divergence: Divergence = Divergence.REVERSE
    mixed_weight: float = 0.5
    top_k: int | None = None
    aggregation: Aggregation = Aggregation.SEQUENCE_SUM
    needs_teacher: bool = True

    def token_losses(
        self, logits_NV: Tensor, targets: Targets, teacher_NV: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `token_kl`."""
        assert teacher_NV is not None, "TokenKL needs the teacher's logits"
        return token_kl(logits_NV, teacher_NV, self.divergence, self.mixed_weight, self.top_k), {}


@dataclass(frozen=True)
class PolicyGradient(Objective):
    """GRPO's loss on group-relative advantages; the defaults are the DAPO variant.

    With kl_weight above 0 the teacher is the reference policy and reads the same sequence as the student.
    """

    clip_low: float = 0.2
    clip_high: float = 0.28
    kl_weight: float = 0.0
    temperature: float = 1.0  # the sampling temperature; the cut of top_p is not modelled
    aggregation: Aggregation = Aggregation.TOKEN_MEAN

    @property
    def needs_teacher(self) -> bool:  # type: ignore[override]
        """Whether the KL term is on."""
        return self.kl_weight > 0

    def token_losses(
        self, logits_NV: Tensor, targets: Targets, teacher_NV: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `clipped_policy_gradient` and `reference_kl`."""
        logprobs_N = token_logprobs(logits_NV.float() / self.temperature, targets.token_ids_N)
        old_N = logprobs_N.detach() if targets.old_logprobs_N is None else targets.old_logprobs_N
        losses_N, clipped_N = clipped_policy_gradient(
            logprobs_N, old_N, targets.advantages_N, self.clip_low, self.clip_high
        )
        figures = {"clip_fraction": clipped_N.float()}
        if self.kl_weight:
            assert teacher_NV is not None, "the KL term needs the reference policy's logits"
            reference_N = token_logprobs(teacher_NV.detach().float() / self.temperature, targets.token_ids_N)
            kl_N = reference_kl(logprobs_N, reference_N)
            losses_N, figures["reference_kl"] = losses_N + self.kl_weight * kl_N, kl_N
        return losses_N, figures


def pieces_of(tokens: int, chunk: int) -> int:
    """Calls of the output head that `tokens` take: one at least, so that every parameter gets a gradient."""
    return max(1, -(-tokens // chunk))


def weighted_loss(
    objective: Objective,
    head: Head,
    hidden_ND: Tensor,
    weights_N: Tensor,
    targets: Targets,
    teacher_head: Head | None,
    teacher_hidden_ND: Tensor | None,
    chunk: int,
    pieces: int = 1,
) -> tuple[Tensor, dict[str, float]]:
    """Sum over tokens of weight * loss, from hidden states, `chunk` tokens at a time.

    Logits of more than one chunk never exist together, in the backward pass either (each chunk is recomputed there).
    pieces: calls of the output head to make at least, the last ones with no tokens, where other ranks make as many.
    Returns the loss (a scalar with gradient) and the further figures as weighted sums.
    """

    def piece(start: int, end: int, hidden: Tensor, weights: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        teacher_NV = None
        if teacher_head is not None and teacher_hidden_ND is not None:
            with torch.no_grad():
                teacher_NV = teacher_head(teacher_hidden_ND[start:end])
        losses_N, figures = objective.token_losses(head(hidden), targets.slice(start, end), teacher_NV)
        return (losses_N * weights).sum(), {name: (value * weights).sum() for name, value in figures.items()}

    total = hidden_ND.new_zeros((), dtype=torch.float32)
    sums: dict[str, float] = {}
    pieces = max(pieces, pieces_of(hidden_ND.shape[0], chunk))
    for start in range(0, pieces * chunk, chunk):
        end = start + chunk
        arguments = (start, end, hidden_ND[start:end], weights_N[start:end])
        if pieces > 1 and torch.is_grad_enabled():
            loss, figures = checkpoint(piece, *arguments, use_reentrant=False)
        else:
            loss, figures = piece(*arguments)
        total = total + loss
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
    return total, sums
