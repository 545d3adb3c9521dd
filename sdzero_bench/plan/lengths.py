"""How long the sequences of a method become: at most (memory is reckoned with it) and on average (time is).

Example: SD-Zero with the paper's values trains on traces of up to 32,768 tokens, distils up to 8,448 tokens which the
teacher reads as 16,656, and is evaluated on up to 33,024 tokens and a revision after them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdzero_bench.config import SupervisedConfig
from sdzero_bench.plan.case import CONTROL_TOKENS, Case


@dataclass(frozen=True, slots=True)
class Trained:
    """The longest example of a training phase."""

    phase: str
    student: int  # tokens the policy reads
    teacher: int  # tokens the teacher reads; 0: there is none
    counted: int  # tokens that carry a loss


def longest_trained(case: Case) -> list[Trained]:
    """Every training phase of the method."""
    config = case.config
    method, new = config.method, config.sampling.max_new_tokens
    if method in ("rft", "sft"):
        return [_supervised(case, method, config.rft if method == "rft" else config.sft, new)]
    if method == "grpo":
        student = _capped(case, case.prompt_tokens + new)
        return [Trained("grpo", student, student if case.learns_from_a_teacher else 0, _counted(case, student))]
    if method == "sdft":
        return [_distilled(case, "sdft", config.sdft.max_new_tokens, config.sdft.max_teacher_tokens)]
    phases = []
    if config.sdzero.srt:
        phases.append(_supervised(case, "srt", config.srt, 2 * new + CONTROL_TOKENS))
    if config.sdzero.distil:
        phases.append(_distilled(case, "distil", config.distil.max_new_tokens, config.distil.max_teacher_tokens))
    return phases


def longest_sampled(case: Case) -> int:
    """Tokens of the longest sequence that is sampled or continued, prompt included."""
    config = case.config
    response = config.evaluation.max_new_tokens
    lengths = [case.prompt_tokens + response]
    if config.evaluation.revise or config.method == "sdzero":
        lengths.append(case.prompt_tokens + 2 * response + CONTROL_TOKENS)
    lengths.append(case.prompt_tokens + config.sampling.max_new_tokens)
    return _capped(case, max(lengths))


def mean_response(case: Case, max_new_tokens: int) -> float:
    """Tokens of an average response under this limit."""
    return min(case.mean_tokens, max_new_tokens, case.shape.context - case.prompt_tokens)


def mean_revised(case: Case, max_new_tokens: int) -> tuple[float, float]:
    """(prompt with the draft, revision) on average."""
    draft = mean_response(case, max_new_tokens)
    prompt = min(case.prompt_tokens + draft + CONTROL_TOKENS, case.shape.context)
    return prompt, min(draft, case.shape.context - prompt)


def _supervised(case: Case, phase: str, settings: SupervisedConfig, response: int) -> Trained:
    length = min(_capped(case, case.prompt_tokens + response), settings.max_tokens)
    return Trained(phase, length, 0, _counted(case, length))


def _distilled(case: Case, phase: str, new: int, max_teacher_tokens: int) -> Trained:
    student = _capped(case, case.prompt_tokens + new)
    teacher = min(_capped(case, case.prompt_tokens + 2 * new + CONTROL_TOKENS), max_teacher_tokens)
    return Trained(phase, student, teacher, _counted(case, student))


def _counted(case: Case, length: int) -> int:
    return max(1, length - case.prompt_tokens)


def _capped(case: Case, tokens: int) -> int:
    return min(tokens, case.shape.context)
