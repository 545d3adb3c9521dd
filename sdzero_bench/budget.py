"""What a round of each method will sample, computed before anything is: comparisons are made equal here or refused.

Example: 1,140 questions and a budget of 4,560 samples give RFT 4 samples a question, GRPO 35 steps of 16 prompts x 8,
and SD-Zero 500 questions x (1 draft + 3 revisions) and 40 distillation steps of 64 prompts.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.config import OnPolicyConfig, RunConfig
from sdzero_bench.errors import UserError

SAMPLES_PER_QUESTION = 4  # App. C.2: 15K questions, 60K samples


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round's work; samples of evaluation are nobody's budget and not in it."""

    questions: int  # that the round may use
    samples: dict[str, int]  # by phase
    steps: int = 0  # of the on-policy phase

    @property
    def total_samples(self) -> int:
        """Over all phases."""
        return sum(self.samples.values())


def plan_round(config: RunConfig, number: int, questions: int) -> RoundPlan:
    """The plan of round `number` (from 1); UserError where the budget cannot hold it."""
    if config.method == "sft":
        return RoundPlan(questions, {})
    if config.method == "rft":
        per_question = config.rft.samples_per_question or sample_budget(config, questions) // questions
        if per_question == 0:
            raise UserError(
                f"samples_per_round: {sample_budget(config, questions)} is less than one sample for each of the "
                f"{questions} questions; raise it or lower questions.per_round"
            )
        return RoundPlan(questions, {"sample": per_question * questions})
    if config.method == "grpo":
        return _on_policy(config, "grpo", config.grpo, config.grpo.group_size, questions, {})
    if config.method == "sdft":
        return _on_policy(config, "sdft", config.sdft, 1, questions, {})
    collected = collection_samples(config, questions) if collects(config, number) else {}
    if not config.sdzero.distil:
        return RoundPlan(questions, collected)
    return _on_policy(config, "distil", config.distil, 1, questions, collected)


def collects(config: RunConfig, number: int) -> bool:
    """Whether this round of SD-Zero collects traces and trains on them before it distils."""
    return config.sdzero.srt and (number == 1 or config.sdzero.later_rounds == "revise_again")


def collection_samples(config: RunConfig, questions: int) -> dict[str, int]:
    """One draft a question, `srt.revisions` revisions of every draft."""
    drafts = share_of(questions, config.srt.question_share)
    return {"draft": drafts, "revision": drafts * config.srt.revisions}


def sample_budget(config: RunConfig, questions: int) -> int:
    """Samples a round may draw: as configured, or SAMPLES_PER_QUESTION for each of its questions."""
    return config.samples_per_round or SAMPLES_PER_QUESTION * questions


def share_of(questions: int, share: float) -> int:
    """How many questions a share of them is, at least one."""
    return max(1, round(questions * share))


def steps_left(config: RunConfig, settings: OnPolicyConfig, group_size: int, questions: int, spent: int) -> int:
    """On-policy steps: as configured, or as many as the budget leaves after `spent` samples."""
    if settings.steps:
        return settings.steps
    return max(0, sample_budget(config, questions) - spent) // (settings.prompts_per_step * group_size)


def over_budget(plans: dict[str, RoundPlan], budget: int, number: int) -> str | None:
    """None when every method draws at most the budget's samples in this round, else which ones draw more."""
    over = {method: plan.total_samples for method, plan in plans.items() if plan.total_samples > budget}
    if not over:
        return None
    counts = ", ".join(f"{method} {count:,}" for method, count in over.items())
    return f"round {number}: more samples than the {budget:,} every method may draw ({counts})"


def _on_policy(
    config: RunConfig,
    section: str,
    settings: OnPolicyConfig,
    group_size: int,
    questions: int,
    collected: dict[str, int],
) -> RoundPlan:
    steps = steps_left(config, settings, group_size, questions, sum(collected.values()))
    if steps == 0:
        raise UserError(
            f"samples_per_round: {sample_budget(config, questions)} leaves no step of {section}.prompts_per_step "
            f"({settings.prompts_per_step}) x {group_size} samples after {sum(collected.values())} collected ones; "
            f"raise it or lower {section}.prompts_per_step"
        )
    return RoundPlan(questions, {**collected, section: steps * settings.prompts_per_step * group_size}, steps)
