"""The judge of reasoning-gym questions: the generator's own scorer, right only at a full score.

Example: `Question.meta` = {"generator": "countdown", "parameters": {"max_numbers": 4}, "entry": {"question": "...",
"answer": "94*4 - 61 - 6", "metadata": {...}}}; the completion "... \\boxed{4*94 - 6 - 61}" -> Verdict(1, ...).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import reasoning_gym

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.extract import extract_answer, last_number

MAX_ANSWER_CHARS = 10_000  # a sudoku or a list of moves is longer than a formula

# Some scorers give the answer to `eval` or sympy's `parse_expr`, which run Python. Harm needs a call or a dunder name.
_EVALUATORS = re.compile(r"\b(?:eval|exec|sympify|parse_expr)\(")
_CALL = re.compile(r"([A-Za-z_]\w*|[)\]])\s*\(")
_SAFE_CALLS = {"sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "asin", "acos", "atan"}
_SAFE_CALLS |= {"exp", "log", "ln", "sqrt", "Abs", "Rational"}


def judge(question: Question, text: str) -> Verdict:
    """1 where the generator gives the final answer in `text` its full score."""
    extracted = extract_answer(text, question.extraction)
    if extracted is None:
        return Verdict(0, None, "no answer found")
    if len(extracted) > MAX_ANSWER_CHARS:
        return Verdict(0, extracted[:300], f"answer too long ({len(extracted)} characters)")
    name = question.meta["generator"]
    scorer = _scorer(name, json.dumps(question.meta["parameters"], sort_keys=True))
    if _evaluates(name) and runs_code(extracted):
        return Verdict(0, extracted[:300], "the answer calls code")
    entry = decode(question.meta["entry"])
    # Scorers compare numbers as strings: "$1,234" is tried as "1234" too.
    plain = last_number(extracted) if re.fullmatch(r"[-+$\d.,]+", extracted) else None
    right = any(scorer.score_answer(answer, entry) == 1.0 for answer in (extracted, plain) if answer is not None)
    return Verdict(int(right), extracted[:300], "full score" if right else "not a full score")


def runs_code(answer: str) -> bool:
    """Whether evaluating the answer as Python could do more than arithmetic, elementary functions and literals."""
    if "__" in answer or "lambda" in answer:
        return True
    return any(
        name not in _SAFE_CALLS and not (name in (")", "]") and "." not in answer) for name in _CALL.findall(answer)
    )


def encode(value: Any) -> Any:
    """JSON-serialisable form of a generator's entry; tuples and dicts with other keys than strings are marked."""
    if isinstance(value, tuple):
        return {"__tuple__": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: encode(item) for key, item in value.items()}
        return {"__dict__": [[encode(key), encode(item)] for key, item in value.items()]}
    return value


def decode(value: Any) -> Any:
    """The inverse of `encode`."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, Mapping):
        if value.keys() == {"__tuple__"}:
            return tuple(decode(item) for item in value["__tuple__"])
        if value.keys() == {"__dict__"}:
            return {decode(key): decode(item) for key, item in value["__dict__"]}
        return {key: decode(item) for key, item in value.items()}
    return value


@lru_cache(maxsize=64)
def _scorer(name: str, parameters: str) -> Any:
    return reasoning_gym.create_dataset(name, **{**json.loads(parameters), "size": 1, "seed": 0})


@lru_cache(maxsize=256)
def _evaluates(name: str) -> bool:
    dataset, _ = reasoning_gym.factory.DATASETS[name]
    return bool(_EVALUATORS.search(inspect.getsource(dataset)))
