"""What the base model can do before any method touches it, by chain length: recorded in recipe.json.

Example: for chains of 3-5 terms, {"greedy": 0.46, "sampled": 0.49, "tokens": 29.8, "phrase": 0.12, ...}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdzero_bench.backend import Backend
from sdzero_bench.config import ControlPhrases, SDFTConfig
from sdzero_bench.types import Completion, Question, Sampling, TokenIds

LENGTHS = ((3, 3), (4, 4), (5, 5), (3, 5), (4, 6))
MAX_NEW_TOKENS = 160


def measure(backend: Backend, size: int = 300) -> dict[str, dict[str, float]]:
    """Shares of right answers and of behaviours on `size` evaluation questions of every length in terms."""
    from sdzero_tasks.arithmetic import questions

    return {f"{low}-{high}": _measure(backend, questions("evaluation", size, (low, high), 0)) for low, high in LENGTHS}


def _measure(backend: Backend, asked: Sequence[Question]) -> dict[str, float]:
    tokenizer, control = backend.tokenizer, ControlPhrases()
    prompts = [_prompt(tokenizer, question.messages[0]["content"]) for question in asked]
    greedy = _sample(backend, prompts, temperature=0)
    drafts = _sample(backend, prompts)
    right = [is_right(question, draft) for question, draft in zip(asked, drafts, strict=True)]
    # Another seed: with the drafts' own noise a revision says at every step what its draft said.
    revisions = _sample(
        backend,
        [
            prompt + _without_end(tokenizer, draft) + _phrase(tokenizer, control, reward)
            for prompt, draft, reward in zip(prompts, drafts, right, strict=True)
        ],
        seed=1,
    )
    revised = [is_right(question, revision) for question, revision in zip(asked, revisions, strict=True)]
    template = SDFTConfig().template
    shown = [
        _prompt(tokenizer, template.format(question=q.messages[0]["content"], demonstration=q.solution)) for q in asked
    ]
    followed = _sample(backend, shown, seed=2)
    return {
        "greedy": _share([is_right(q, c) for q, c in zip(asked, greedy, strict=True)]),
        "sampled": _share(right),
        "tokens": round(sum(draft.length for draft in drafts) / len(drafts), 1),
        "phrase": _share([control.separator in draft.text for draft in drafts]),
        "cut_off": _share([draft.length == MAX_NEW_TOKENS for draft in drafts]),
        "revised": _share(revised),
        "wrong_corrected": _share([after for before, after in zip(right, revised, strict=True) if not before]),
        "right_kept": _share([after for before, after in zip(right, revised, strict=True) if before]),
        "shown_a_demonstration": _share([is_right(q, c) for q, c in zip(asked, followed, strict=True)]),
    }


def is_right(question: Question, completion: Completion) -> bool:
    """As the math judge sees it: the last box counts."""
    from sdzero_bench.verify.math import judge

    return judge(question, completion.text).reward == 1


def _prompt(tokenizer: Any, text: str) -> TokenIds:
    messages = [{"role": "user", "content": text}]
    return tuple(tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))


def _phrase(tokenizer: Any, control: ControlPhrases, reward: bool) -> TokenIds:
    return tuple(tokenizer(f"{control.separator}{control.choose(reward)}{control.separator}")["input_ids"])


def _without_end(tokenizer: Any, completion: Completion) -> TokenIds:
    return tuple(token for token in completion.token_ids if token != tokenizer.eos_token_id)


def _sample(backend: Backend, prompts: Sequence[TokenIds], seed: int = 0, temperature: float = 1.0) -> list[Completion]:
    sampling = Sampling(max_new_tokens=MAX_NEW_TOKENS, temperature=temperature, seed=seed)
    return [completions[0] for completions in backend.generate(prompts, sampling)]


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / len(flags), 3) if flags else 0.0
