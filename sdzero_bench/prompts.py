"""The token sequences that put one policy into its roles: generator, reviser, and the teacher that scores a response.

Example, with x = "3 + 7 = ?", y = "10" (right), and the paper's control phrase:
    generator   <user> 3 + 7 = ? <assistant>
    reviser     <user> 3 + 7 = ? <assistant> 10 \\n\\n Let me rephrase the above solution. \\n\\n
    teacher     <user> 3 + 7 = ? <assistant> 10 \\n\\n Let me rephrase the above solution. \\n\\n 10 <eos>

The end-of-sequence token of a draft is never part of the context that follows it: with it the assistant's turn would
be closed, and the reviser continues the same turn (METHOD: "the turn is not closed between draft and revision"). The
second copy of y in the teacher's sequence keeps it, and it is scored like any other token: the student sampled it, so
the teacher has to say whether ending there was right. Sampled tokens are used as sampled; only the control phrase with
its blank lines is tokenised, on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sdzero_bench.config import ControlPhrases
from sdzero_bench.errors import UserError
from sdzero_bench.types import Attempt, Completion, FinishReason, Message, Question, TokenIds


class Prompter:
    """Builds every prompt of a run from the model's tokenizer and the control phrases."""

    def __init__(self, tokenizer: Any, control: ControlPhrases) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise UserError(
                f"model: the tokenizer of {tokenizer.name_or_path!r} has no chat template; "
                "SD-Zero puts drafts and revisions into an assistant turn, so use an instruct model"
            )
        self._tokenizer = tokenizer
        self._control = control

    def generator(self, question: Question) -> TokenIds:
        """chat(x): the question as the chat template shows it, up to where the assistant begins."""
        return self.chat(question.messages)

    def chat(self, messages: Sequence[Message]) -> TokenIds:
        """Any conversation, up to where the assistant begins. Thinking is off where the template knows the switch."""
        return tuple(
            self._tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=False,
                enable_thinking=False,
            )
        )

    def reviser(self, draft: Attempt) -> TokenIds:
        """chat(x) + y_init + blank line + P_r + blank line."""
        return (*self.generator(draft.question), *without_eos(draft.completion), *self.control_tokens(draft.reward))

    def teacher(self, response: Attempt, max_tokens: int) -> tuple[TokenIds, TokenIds] | None:
        """The teacher's sequence for a student's response, and the y that is scored.

        chat(x) + y + blank line + P_r + blank line + y. Where that is longer than max_tokens both copies of y are cut
        alike (the end-of-sequence token goes first); None where not even one token of y fits.
        """
        prompt, control = self.generator(response.question), self.control_tokens(response.reward)
        first, second = without_eos(response.completion), response.completion.token_ids
        room = max_tokens - len(prompt) - len(control)
        if len(first) + len(second) > room:
            first = second = first[: max(room, 0) // 2]
        if not second:
            return None
        return (*prompt, *first, *control, *second), second

    def gold(self, solution: str) -> TokenIds:
        """A demonstration as the policy would have sampled it: its tokens and the end-of-sequence token."""
        return (*self._tokenizer.encode(solution, add_special_tokens=False), self._tokenizer.eos_token_id)

    def decode(self, tokens: TokenIds) -> str:
        """Text without special tokens."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def phrase(self, reward: int) -> str:
        """P_r."""
        return self._control.choose(reward)

    def control_tokens(self, reward: int) -> TokenIds:
        """Blank line + P_r + blank line."""
        return self._controls[1 if reward else 0]

    @cached_property
    def _controls(self) -> tuple[TokenIds, TokenIds]:
        separator = self._control.separator
        wrong, right = (
            tuple(
                self._tokenizer.encode(
                    f"{separator}{self._control.choose(reward)}{separator}", add_special_tokens=False
                )
            )
            for reward in (0, 1)
        )
        return wrong, right


def without_eos(completion: Completion) -> TokenIds:
    """The tokens of a completion without the end-of-sequence token that closed it."""
    return completion.token_ids[:-1] if completion.finish_reason is FinishReason.STOP else completion.token_ids
