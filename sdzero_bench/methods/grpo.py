"""GRPO on the binary reward: group-relative advantages, by default the DAPO variant (Shao et al. 2024; Yu et al. 2025).

Example: 8 completions of one question with rewards 1 1 0 0 0 0 0 0 get advantages 1.62 and -0.54. The classic setting
is `grpo: {clip_high: 0.2, aggregation: sequence_mean, kl_weight: 0.04, dynamic_sampling: false}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev

from sdzero_bench.budget import plan_round
from sdzero_bench.examples import Example
from sdzero_bench.methods.rft import response_example
from sdzero_bench.objectives import PolicyGradient
from sdzero_bench.rounds import Round
from sdzero_bench.types import Attempt


def train_round(run: Round) -> None:
    """On-policy steps of prompts x group."""
    grpo = run.config.grpo
    temperature = run.config.sampling.temperature

    def make_examples(attempts: list[Attempt]) -> list[Example | None]:
        advantages = group_advantages([a.reward for a in attempts], grpo.group_size, grpo.scale_by_std)
        old: Sequence[tuple[float, ...] | None] = [None] * len(attempts)
        examples = [response_example(run.prompter, a.question, a.completion.token_ids) for a in attempts]
        if grpo.updates_per_batch > 1:  # the ratio of later updates is against the policy that sampled
            old = run.score([example.tokens for example in examples], temperature)
        return [
            replace(example, advantage=advantage, old_logprobs=logprobs)
            if advantage or not grpo.dynamic_sampling
            else None
            for example, advantage, logprobs in zip(examples, advantages, old, strict=True)
        ]

    run.improve(
        "grpo",
        run.questions,
        prompts_per_step=grpo.prompts_per_step,
        group_size=grpo.group_size,
        steps=plan_round(run.config, run.number, len(run.questions)).steps,
        make_examples=make_examples,
        left_out="groups all right or all wrong carry no signal",
        updates_per_batch=grpo.updates_per_batch,
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
