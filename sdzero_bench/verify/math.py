r"""The judge of math answers: math-verify on the final answer only, against the gold answer.

Example: gold "\frac{1}{2}", completion "... so \boxed{0.5}" -> Verdict(1, "0.5", "equal").

Settings: math-verify is given the extracted answer alone, in one box (given several boxes it takes them together and
says wrong); its defaults of 6 decimals for floats, 15 digits for numeric comparison and strict variables; units, text
and percent signs as it normalises them. Its time limits are off (SIGALRM works in a main thread only and does not stop
C code): `VerifierPool` kills this process instead, so call `judge` outside a pool on answers you trust only.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.extract import extract_answer
from sdzero_bench.verify.plain import settle

_TARGETS = (LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig())

# It warns once that its time limits are off: they are meant to be.
logging.getLogger("math_verify").setLevel(logging.ERROR)


def judge(question: Question, text: str) -> Verdict:
    """1 where the final answer in `text` equals `question.answer`. May take forever on a hostile answer."""
    settled = settle(question, text)
    if settled is not None:
        return settled
    extracted = extract_answer(text, question.extraction)
    assert extracted is not None, "settle has judged the others"
    equal = verify(_parse_gold(question.answer), _parse(extracted), timeout_seconds=None)
    return Verdict(int(equal), extracted, "equal" if equal else "not equal")


def _parse(answer: str) -> list[Any]:
    """Sympy expression and string form; only a string where it cannot be parsed."""
    answer = answer.strip().rstrip(".。").strip()
    if len(answer) > 2 and answer[0] == answer[-1] == "$" and answer.count("$") == 2:
        answer = answer[1:-1]
    return parse(f"\\boxed{{{answer}}}", extraction_config=_TARGETS, parsing_timeout=None)


_parse_gold = lru_cache(maxsize=4096)(_parse)
