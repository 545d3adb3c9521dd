r"""Whether an answer only repeats an expression of the question.

Example: "What is $12 \cdot 34$?" answered by "\boxed{12 \times 34}" is true and no answer; neither is x^2+2x+1, or
1+2x+x^2, where the question is to factor it. Only answers with something left to do count: a number, a reduced
fraction or 3 \cdot 10^8 may well be in the question.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sdzero_bench.verify.expression import read_expression
from sdzero_bench.verify.names import Names, NotUnderstoodError
from sdzero_bench.verify.normalise import Tokens, readings
from sdzero_bench.verify.numerals import is_final
from sdzero_bench.verify.structure import split

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


_OTHER_FORM = re.compile(r"decimal|percent|mixed number|standard (?:form|notation)", re.IGNORECASE)
_RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\to", ";"}

Makeup = tuple[tuple[str, ...], tuple[str, ...]]


def restates(answer: Tokens, gold: Tokens, question: str) -> bool:
    """Whether `answer` has an operation and stands in the question: as it is, or with terms and factors moved."""
    text = _squeeze(" ".join(answer))
    if not _OPERATION.search(text[1:]) or (is_final(answer) and not _OTHER_FORM.search(question)):
        return False
    alone = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(text)}(?![A-Za-z0-9!^])")
    if any(alone.search(part) for part in _formulas(question)):
        return True
    makeup = _makeup(answer)
    return makeup is not None and makeup != _makeup(gold) and makeup in _makeups(question)


def _makeup(tokens: Tokens) -> Makeup | None:
    """The operations, and the numbers and names, of an expression with any, sorted: the same for x^2-1 and -1+x^2.

    What is compared so has the right value already, so it need not tell 1-x from x-1.
    """
    try:
        operations = read_expression(tokens, Names()).operations
    except (NotUnderstoodError, RecursionError):
        return None
    atoms = [_atom(token) for token in tokens if token[0].isalnum() or token[0] == "."]
    return (tuple(sorted(operations)), tuple(sorted(atoms))) if operations else None


def _atom(token: str) -> str:
    whole, _, places = token.partition(".")
    places = places.rstrip("0")
    return f"{whole.lstrip('0')}.{places}" if token[0] in ".0123456789" else token


@lru_cache(maxsize=1024)
def _makeups(question: str) -> frozenset[Makeup]:
    formulas = (part for piece in _WORDS.split(question) for part in split(readings(piece)[0], _RELATIONS))
    return frozenset(filter(None, map(_makeup, formulas)))


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
