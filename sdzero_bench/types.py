"""The nouns of the harness: what is asked, what was answered, how it was judged.

Example: the question "What is 3 + 7?" gets a `Completion` ("3 + 7 = 10 ; so \\boxed{10}"), the verifier gives a
`Verdict` (reward 1, extracted "10"), and the three together are an `Attempt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

TokenIds = tuple[int, ...]
Message = Mapping[str, str]  # {"role": "user", "content": "..."}


class FinishReason(StrEnum):
    """Why a completion ended."""

    STOP = "stop"  # the model produced an end-of-sequence token
    LENGTH = "length"  # cut off at max_new_tokens


class Role(StrEnum):
    """Which weights a backend scores with."""

    POLICY = "policy"  # the weights being trained
    TEACHER = "teacher"  # the frozen copy made by `freeze_teacher`


class Extraction(StrEnum):
    """Where a verifier looks for the final answer in a completion."""

    BOXED = "boxed"  # the last \\boxed{...}; boxes joined by "or" or a comma alone are one answer with several values
    BOXED_OR_LAST_NUMBER = "boxed_or_last_number"  # the last box, or without one the last number
    CHOICE = "choice"  # a letter: of the last box, or without one of the last "answer is (C)"


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what is needed to judge an answer to it."""

    id: str  # unique within its set, stable from run to run
    messages: tuple[Message, ...]  # the conversation, ending with a user message
    answer: str  # the gold final answer; D = {(x, a)} of the paper
    solution: str | None = None  # a gold worked solution (demonstration), where the set has one: SFT and SDFT need it
    domain: str = "math"
    extraction: Extraction = Extraction.BOXED
    judge: str = "math"  # which judge of `sdzero_bench.verify` decides
    meta: Mapping[str, Any] = field(default_factory=dict)  # what the judge needs beside the answer; JSON-serialisable


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. The same seed and prompts give the same completions, in any batching."""

    max_new_tokens: int
    temperature: float = 1.0  # 0 is greedy
    top_p: float = 1.0
    n: int = 1  # completions per prompt
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """What a policy produced: token ids as sampled, never text tokenised again."""

    token_ids: TokenIds  # includes the end-of-sequence token when finish_reason is STOP
    text: str  # decoded without special tokens
    finish_reason: FinishReason

    @property
    def length(self) -> int:
        """Tokens sampled."""
        return len(self.token_ids)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verifier's judgement of one completion."""

    reward: int  # 1 right, 0 wrong: r(y, a) of the paper
    extracted: str | None  # the final answer that was found in the text, None where there was none
    reason: str  # short, for people: "equal", "not equal", "no answer found", "timed out after 5 s", ...
    parts: Mapping[str, int] = field(default_factory=dict)  # 0 or 1 by part of the tests: {"base": 1, "plus": 0}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A question, one completion of it, and its verdict."""

    question: Question
    completion: Completion
    verdict: Verdict

    @property
    def reward(self) -> int:
        """1 right, 0 wrong."""
        return self.verdict.reward


@dataclass(frozen=True, slots=True)
class RevisionTrace:
    """(x, y_init, P_r, y_revised): a draft, the control phrase its reward chose, and one revision of it."""

    draft: Attempt
    control_phrase: str
    revision: Attempt
