"""Small builders that tests share: questions, completions and attempts written as text."""

from sdzero_bench.embedded.tokenizer import build_tokenizer
from sdzero_bench.types import Attempt, Completion, FinishReason, Question, Verdict

TOKENIZER = build_tokenizer(512)


def question(text: str = "3 + 7 - 4 = ?", answer: str = "6", **more) -> Question:
    return Question(id=text, messages=({"role": "user", "content": text},), answer=answer, **more)


def attempt(text: str, reward: int, *, stopped: bool = True, of: Question | None = None) -> Attempt:
    tokens = tuple(TOKENIZER.encode(text, add_special_tokens=False))
    if stopped:
        tokens = (*tokens, TOKENIZER.eos_token_id)
    reason = FinishReason.STOP if stopped else FinishReason.LENGTH
    return Attempt(of or question(), Completion(tokens, text, reason), Verdict(reward, None, ""))


def text(tokens) -> str:
    """Every token, special ones too."""
    return TOKENIZER.decode(list(tokens))
