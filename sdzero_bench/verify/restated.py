r"""Whether an answer only repeats an expression of the question.

Example: "What is $12 \cdot 34$?" answered by "\boxed{12 \times 34}" is true and no answer; neither is x^2+2x+1 where
the question is to factor it. Only answers with an operation count: a number may well be in the question.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sdzero_bench.verify.normalise import Tokens

_DROPPED = re.compile(
    r"\s+|[{}()\[\]$]|\\(?:left|right|displaystyle|big|Big|bigl|bigr|quad|,|!|;|:| |mathrm|mathit|text)(?![A-Za-z])"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_WORDS = re.compile(r"\$+|\\[()\[\]]|(?<![\\A-Za-z])[A-Za-z]{2,}(?![A-Za-z{])|[?,;:]|\.(?!\d)")
_SAME = (
    (re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])|[×·⋅*]"), "*"),
    (re.compile(r"\\div(?![A-Za-z])|÷"), "/"),
    (re.compile("[−–]"), "-"),
    (re.compile(r"\\[dt]binom"), r"\\binom"),
)
_OPERATION = re.compile(r"[-+*/^!]|\\sqrt|\\binom|\\frac|\d[a-z\\]|[a-z][a-z\\]|\\log|\\ln|\\sin|\\cos|\\tan")


def restates(answer: Tokens, question: str) -> bool:
    """Whether `answer` has an operation and stands in the question as it is (but for spaces and parentheses)."""
    text = _squeeze(" ".join(answer))
    if not _OPERATION.search(text[1:]):
        return False
    alone = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(text)}(?![A-Za-z0-9!^])")
    return any(alone.search(part) for part in _formulas(question))


def asks_for(question: str, expression: Tokens) -> bool:
    """Whether an expression is a formula of its own in the question: "Find $m+n$."."""
    return _squeeze(" ".join(expression)) in _formulas(question)


@lru_cache(maxsize=1024)
def _formulas(question: str) -> tuple[str, ...]:
    # What is between the words, so that "is 3+7" has no letter before the 3.
    return tuple(filter(None, map(_squeeze, _WORDS.split(question))))


def _squeeze(latex: str) -> str:
    for pattern, sign in _SAME:
        latex = pattern.sub(sign, latex)
    for _ in range(3):
        latex = _FRACTION.sub(r"\1/\2", latex)
    return _DROPPED.sub("", latex)
