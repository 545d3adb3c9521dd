"""RFT, rejection-sampling fine-tuning: NLL on the policy's own right completions (Yuan et al. 2023).

Example: of 4 completions of "3 + 7 - 4 = ?" two box 6; both are trained on.
"""

from __future__ import annotations

from sdzero_bench.budget import plan_round
from sdzero_bench.examples import Example
from sdzero_bench.prompts import Prompter
from sdzero_bench.rounds import Round
from sdzero_bench.types import Question, TokenIds


def train_round(run: Round) -> None:
    """Sample, keep what is right, train on it."""
    plan = plan_round(run.config, run.number, len(run.questions))
    attempts = run.attempts("sample", "response", run.questions, n=plan.total_samples // len(run.questions))
    right = [attempt for attempt in attempts if attempt.reward == 1]
    run.note(f"RFT keeps {len(right)} of {len(attempts)} samples")
    examples = [response_example(run.prompter, a.question, a.completion.token_ids) for a in right]
    run.fit("rft", examples, run.config.rft)


def response_example(prompter: Prompter, question: Question, response: TokenIds) -> Example:
    """chat(x) + y, every token of y counted."""
    prompt = prompter.generator(question)
    return Example((*prompt, *response), (0.0,) * len(prompt) + (1.0,) * len(response))
