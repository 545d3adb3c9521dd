r"""Verdicts on math answers that need no computer algebra: no answer, written-out numbers, other forms, absurd sizes.

Example: gold "1234" and the answer "1,234" are equal; gold "12" and the answer "12 \text{ or } 13" are not; the answer
"9^{9^{9^9}}" is refused unread. The parent process uses it to save most completions the trip to a worker; the math
judge begins with it too, so both give the same verdict.
"""

from __future__ import annotations

import math
import re

from sdzero_bench.types import Extraction, Question, Verdict
from sdzero_bench.verify.compare import Algebra, Comparison, UndecidedError, unfinished
from sdzero_bench.verify.extract import extract_answer

MAX_ANSWER_CHARS = 300  # or three times the gold answer's length, if that is more: no exam answer is longer
MAX_EXPONENT_DIGITS = 4  # sympy writes powers of whole numbers out: 10^{10000} is fine, 10^{10^9} never ends

_WHOLE = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)")
_LONG_EXPONENT = re.compile(rf"[\w)\]}}!]\s*(?:\^|\*\*)\s*[{{(]?\s*-?[0-9]{{{MAX_EXPONENT_DIGITS + 1},}}")
_TOWER = re.compile(r"(?:\^|\*\*)\s*[{(]?\s*([0-9]+)\s*[})]?\s*(?:\^|\*\*)\s*[{(]?\s*([0-9]+)")
_FACTORIAL = re.compile(rf"[0-9]{{{MAX_EXPONENT_DIGITS + 1},}}\s*[)}}]?\s*!|!\s*[)}}]?\s*!\s*[)}}]?\s*!")


def settle(question: Question, text: str) -> Verdict | None:
    """The verdict on `text` where it is plain, None where the expressions have to be compared."""
    extracted = extract_answer(text, question.extraction)
    if extracted is None:
        return Verdict(0, None, "no answer found")
    gold = question.answer.strip()
    if len(extracted) > max(MAX_ANSWER_CHARS, 3 * len(gold)):
        return Verdict(0, extracted[:MAX_ANSWER_CHARS], f"answer too long ({len(extracted)} characters)")
    if extracted == gold:
        return Verdict(1, extracted, "equal")
    if _WHOLE.fullmatch(extracted) and _WHOLE.fullmatch(gold):  # most answers: no need to read them properly
        equal = int(extracted.replace(",", "")) == int(gold.replace(",", ""))
        return Verdict(int(equal), extracted, "equal" if equal else "not equal")
    if too_large(extracted) and not too_large(gold):
        return Verdict(0, extracted, "power or factorial too large")
    return compared(question, extracted, None)


def compared(question: Question, extracted: str, algebra: Algebra | None) -> Verdict | None:
    """The verdict on the final answer, None where it needs algebra and there is none."""
    if question.extraction is Extraction.CHOICE:
        equal = set(re.findall("[A-J]", extracted)) == set(re.findall("[A-J]", question.answer)) != set()
        return Verdict(int(equal), extracted, "equal" if equal else "not equal")
    asked = question.messages[-1]["content"] if question.messages else ""
    try:
        if Comparison(asked, algebra).answers(question.answer, extracted):
            return Verdict(1, extracted, "equal")
        left = unfinished(question.answer, extracted)
    except UndecidedError:
        return None
    except RecursionError:  # brackets in brackets
        left = False
    return Verdict(0, extracted, "arithmetic left to be done" if left else "not equal")


def too_large(expression: str) -> bool:
    """Whether a power or factorial in it would be written out to an absurd number of digits."""
    if _LONG_EXPONENT.search(expression) or _FACTORIAL.search(expression):
        return True
    return any(
        int(height) * math.log10(max(int(base), 1)) > MAX_EXPONENT_DIGITS for base, height in _TOWER.findall(expression)
    )
