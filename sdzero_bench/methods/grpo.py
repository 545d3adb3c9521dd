"""GRPO on the binary reward: group-relative advantages, by default the DAPO variant (Shao et al. 2024; Yu et al. 2025).

Example: 8 completions of one question with rewards 1 1 0 0 0 0 0 0 get advantages 1.62 and -0.54. The classic setting
is `grpo: {clip_high: 0.2, aggregation: sequence_mean, kl_weight: 0.04, dynamic_sampling: false}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from sdzero_bench.budget import plan_round
from sdzero_bench.examples import Batch, Example
from sdzero_bench.methods.rft import response_example
from sdzero_bench.objectives import PolicyGradient
from sdzero_bench.rounds import Round
from sdzero_bench.types import Attempt


def train_round(run: Round) -> None:
    """On-policy steps of prompts x group."""
    grpo = run.config.grpo
    temperature = run.config.sampling.temperature

    def make_batches(attempts: list[Attempt]) -> list[Batch]:
        advantages = group_advantages([a.reward for a in attempts], grpo.group_size, grpo.scale_by_std)
        batch = [
            policy_gradient_example(run, attempt, advantage)
            for attempt, advantage in zip(attempts, advantages, strict=True)
            if advantage or not grpo.dynamic_sampling
        ]
        if grpo.updates_per_batch > 1 and batch:
            # The ratio of later updates is against the policy that sampled.
            batch = [
                Example(e.tokens, e.weights, advantage=e.advantage, old_logprobs=logprobs)
                for e, logprobs in zip(batch, run.score([e.tokens for e in batch], temperature), strict=True)
            ]
        return [batch] * grpo.updates_per_batch

    run.improve(
        "grpo",
        run.questions,
        prompts_per_step=grpo.prompts_per_step,
        group_size=grpo.group_size,
        steps=plan_round(run.config, run.number, len(run.questions)).steps,
        make_batches=make_batches,
        objective=PolicyGradient(grpo.clip_low, grpo.clip_high, grpo.kl_weight, temperature, grpo.aggregation),
        optimiser=grpo.optimiser(),
    )


def group_advantages(rewards: Sequence[int], group_size: int, scale_by_std: bool) -> list[float]:
    """(r - mean of its group) / (standard deviation of its group + 1e-4), sample deviation (n - 1) as in TRL."""
    advantages = []
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size]
        scale = stdev(group) + 1e-4 if scale_by_std else 1.0
        mean = fmean(group)
        advantages += [(reward - mean) / scale for reward in group]
    return advantages


def policy_gradient_example(run: Round, attempt: Attempt, advantage: float) -> Example:
    """chat(x) + y with the advantage of y."""
    example = response_example(run.prompter, attempt.question, attempt.completion.token_ids)
    return Example(example.tokens, example.weights, advantage=advantage)
