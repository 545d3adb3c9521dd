"""Prompt and extraction settings put into questions.

Example: with prompt_suffix "Please reason step by step, and put your final answer within \\boxed{}." the question
"What is 3 + 7?" becomes "What is 3 + 7?\\nPlease reason step by step, ...".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sdzero_bench.config import QuestionsConfig
from sdzero_bench.types import Message, Question


def prepare(questions: Sequence[Question], config: QuestionsConfig) -> list[Question]:
    """The questions with the config's prompt suffix, system prompt and extraction rule.

    The suffix goes to the end of the last message, on a line of its own unless it begins with white space; where it
    stands there already it is not repeated. The system prompt replaces the set's own.
    """
    return [
        replace(
            question,
            messages=_messages(question.messages, config),
            extraction=config.extraction or question.extraction,
        )
        for question in questions
    ]


def _messages(messages: Sequence[Message], config: QuestionsConfig) -> tuple[Message, ...]:
    last = dict(messages[-1])
    suffix = config.prompt_suffix
    if suffix and not last["content"].rstrip().endswith(suffix.strip()):
        last["content"] += suffix if suffix[0].isspace() else f"\n{suffix}"
    shaped = [*messages[:-1], last]
    if config.system_prompt:
        rest = [message for message in shaped if message["role"] != "system"]
        shaped = [{"role": "system", "content": config.system_prompt}, *rest]
    return tuple(shaped)
