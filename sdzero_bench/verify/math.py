r"""The judge of math answers: math-verify on the values of the final answer, against those of the gold answer.

Example: gold "\frac{1}{2}", completion "... so \boxed{0.5}" -> Verdict(1, "0.5", "equal").

`extract` finds the final answer, `normalise` spells it in one way, `structure` finds how many values it has and in
which form, `numerals` compares written-out numbers exactly, and `algebra` asks math-verify about everything else, one
value against one value. Call `judge` outside a `VerifierPool` on answers you trust only: nothing else stops a long
one.
"""

from __future__ import annotations

from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.algebra import MathVerify
from sdzero_bench.verify.extract import extract_answer
from sdzero_bench.verify.plain import compared, settle

_ALGEBRA = MathVerify()


def judge(question: Question, text: str) -> Verdict:
    """1 where the final answer in `text` equals `question.answer`. May take forever on a hostile answer."""
    settled = settle(question, text)
    if settled is not None:
        return settled
    extracted = extract_answer(text, question.extraction)
    assert extracted is not None, "settle has judged the others"
    verdict = compared(question, extracted, _ALGEBRA)
    assert verdict is not None, "with algebra everything is decided"
    return verdict
