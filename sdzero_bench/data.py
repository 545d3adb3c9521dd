"""The questions of a run: what is trained on round by round, what is evaluated on, never the same.

Example: a file of 7,473 questions with no evaluation set keeps its last 747 for evaluation; with per_round 1,000
round 3 trains on questions 2,001 to 3,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.config import QuestionsConfig, RunConfig
from sdzero_bench.errors import UserError
from sdzero_bench.questions import load_questions, prepare
from sdzero_bench.types import Question

HELD_OUT_SHARE = 10  # one in ten


@dataclass(frozen=True)
class Questions:
    """Training and evaluation questions, in fixed order."""

    train: Sequence[Question]
    evaluation: Sequence[Question]
    per_round: int
    removed: int = 0  # training questions left out because evaluation asks the same

    def of_round(self, number: int) -> list[Question]:
        """Round `number` (from 1): the next `per_round` of the training set, beginning again at its end."""
        start = (number - 1) * self.per_round
        return [self.train[(start + i) % len(self.train)] for i in range(self.per_round)]


def load_data(config: QuestionsConfig, seed: int, data_dir: Path | None = None) -> Questions:
    """Read both sets and shape their prompts. Raises UserError for what cannot be trained on."""
    train = load_questions(config.train, seed=seed, data_dir=data_dir)
    if config.evaluation is None:
        kept = config.evaluation_limit or max(1, len(train) // HELD_OUT_SHARE)
        if kept >= len(train):
            raise UserError(
                f"questions: {config.train} has {len(train)} questions, too few to hold out {kept} for evaluation"
            )
        train, evaluation = train[:-kept], train[-kept:]
    else:
        evaluation = load_questions(
            config.evaluation, seed=seed, split="evaluation", data_dir=data_dir, shots=config.shots
        )[: config.evaluation_limit]
    held_out = {_text(question) for question in evaluation}
    read = len(train)
    train = [question for question in train if _text(question) not in held_out]
    if not train:
        raise UserError(f"questions: every training question of {config.train} is also an evaluation question")
    per_round = config.per_round or len(train)
    if per_round > len(train):
        raise UserError(
            f"questions.per_round: {per_round} is more than the {len(train)} training questions of {config.train}"
        )
    return Questions(prepare(train, config), prepare(evaluation, config), per_round, read - len(train))


def check_solutions(config: RunConfig, questions: Questions) -> None:
    """Refuse a method that needs gold solutions where a question has none."""
    from sdzero_bench.methods import NEEDS_SOLUTIONS

    answers_suffice = config.method == "sdft" and config.sdft.answer_only
    if config.method in NEEDS_SOLUTIONS and not answers_suffice:
        missing = sum(question.solution is None for question in questions.train)
        if missing:
            raise UserError(
                f"method: {config.method} needs gold solutions, and {missing} of {len(questions.train)} questions of "
                f"{config.questions.train} have none; choose another method or add a `solution` field"
            )


def _text(question: Question) -> str:
    return " ".join(question.messages[-1]["content"].split())
