r"""Computer algebra on answers: math-verify's parser and its `verify`, with a numeric second opinion.

Example: \frac{\sqrt{3}}{3} against \frac{1}{\sqrt{3}}: both are parsed, `verify` says equal, and so do 60 digits.

Settings of math-verify 0.9: each value is parsed alone (its latex2sympy with real symbols, case kept, no
normalisation of its own: `normalise` and `expression` have done that), decimals as fractions, so that
`float_rounding` has nothing to round; `numeric_precision` 15; strict; its time limits off (SIGALRM works in a main
thread only and does not stop C code: the pool kills this process instead). The second opinion is the values at random
points with 60 digits: `verify` takes 1/2004! and 1/2006! for equal (it looks at their difference), and misses
identities that sympy cannot simplify. Two values are equal where `verify` says so and the second opinion does not
deny it, or where that confirms it; as it is the faster one and never hangs in `simplify`, it comes first, and
`verify` is asked only where there is no second opinion.
"""

from __future__ import annotations

import logging
import random
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from latex2sympy2_extended import latex2sympy
from latex2sympy2_extended.latex2sympy2 import ConversionConfig
from math_verify import verify
from sympy.core.function import AppliedUndef

from sdzero_bench.verify.expression import Expression, bare_names, read_expression
from sdzero_bench.verify.names import Names, NotUnderstoodError
from sdzero_bench.verify.numerals import Numeral, is_rounded
from sdzero_bench.verify.structure import Kind, Node, parse, split

DIGITS = 60  # of the second opinion
POINTS = 6  # half of them positive, the next negative, the others any
FAR = ((1000, 3999), (-3999, -1000))  # and two far ones: floor(x/1000) is 0 at all others
_FAR_DIGITS = 2000  # that a far value may cost: e^{x} has up to 1737
_TOLERANCE = sympy.Float("1e-45")
_CONVERSION = ConversionConfig(lowercase_symbols=False)

# It warns once that its time limits are off: they are meant to be.
logging.getLogger("math_verify").setLevel(logging.ERROR)


class MathVerify:
    """`compare.Algebra` by math-verify. May take forever on a hostile answer."""

    def same_value(self, gold: Expression, answer: Expression) -> bool:
        """Whether two expressions are equal for all values of their names."""
        mine, theirs = _parsed(gold.latex), _parsed(answer.latex)
        if mine is None or theirs is None:
            return False
        opinion = _agree(mine, theirs)
        if opinion is False:
            return False
        return opinion is True or bool(verify(mine, theirs, numeric_precision=15, strict=True, timeout_seconds=None))

    def same_equation(self, gold: tuple[Expression, Expression], answer: tuple[Expression, Expression]) -> bool:
        """Whether left - right is the same for both but for a constant factor."""
        sides = [_parsed(side.latex) for side in (*gold, *answer)]
        if any(side is None for side in sides):
            return False
        mine, theirs = sides[0] - sides[1], sides[2] - sides[3]
        values = [[_number(side, point) for side in (mine, theirs)] for point in _points(_names(mine, theirs))]
        ratios = [pair[0] / pair[1] for pair in values if None not in pair and pair[0] != 0 and pair[1] != 0]
        return len(ratios) > 2 and all(abs(ratio - ratios[0]) < _TOLERANCE * abs(ratios[0]) for ratio in ratios)

    def rounds_to(self, exact: Expression, decimal: Numeral) -> bool:
        """Whether a decimal is a constant, cut or rounded in the last place."""
        value = _parsed(exact.latex)
        number = None if value is None else _number(value, {})
        if number is None or abs(sympy.im(number)) > 0:
            return False
        return is_rounded(decimal, Fraction(int(number * 10**DIGITS), 10**DIGITS))

    def same_set(self, gold: Node, answer: Node) -> bool:
        r"""Whether two sets of numbers are the same: "(-\infty,0)\cup(0,\infty)" and "\mathbb{R}\setminus\{0\}"."""
        try:
            return bool(verify(_set(gold), _set(answer), timeout_seconds=None))
        except NotUnderstoodError:
            return False


@lru_cache(maxsize=4096)
def _parsed(latex: str) -> Any:
    """The sympy expression, None where the parser fails or the value is no number."""
    try:
        value = latex2sympy(latex, is_real=True, normalization_config=None, conversion_config=_CONVERSION)
    except RecursionError:
        return None
    except Exception:  # the parser raises plain Exception
        return None
    if not isinstance(value, sympy.Expr) or value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        return None
    return value


def _names(*expressions: Any) -> list[Any]:
    return sorted(set().union(*(expression.free_symbols for expression in expressions)), key=str)


def _points(names: list[Any]) -> list[dict[Any, Any]]:
    """Random values of the symbols: a positive half, then a negative point, then any."""
    generator = random.Random(0)
    positive, negative = [(1, 97)] * (POINTS // 2), [(-97, -1)]
    ranges = [*positive, *negative, *[(-97, 97)] * (POINTS - len(positive) - 1)] if names else [(1, 1)]
    return [
        {name: sympy.Rational(generator.randint(*ends) or 5, generator.randint(5, 41)) for name in names}
        for ends in ranges
    ]


def _far_points(names: list[Any]) -> list[dict[Any, Any]]:
    """One far from 0 on either side."""
    generator = random.Random(1)
    return [{name: sympy.Rational(generator.randint(*ends) * 7 + 3, 7) for name in names} for ends in FAR if names]


def _is_odd_root(part: Any) -> bool:
    odd = part.is_Pow and part.exp.is_Rational and part.exp.q % 2 and part.exp.q > 1
    return bool(odd and part.base.is_real and part.base.free_symbols)


def _real_root(power: Any) -> Any:
    """The real cube root of -8 is -2, sympy's is not real."""
    return sympy.sign(power.base) ** power.exp.p * sympy.Abs(power.base) ** power.exp


def _number(expression: Any, point: dict[Any, Any], digits: int = 400) -> Any:
    """The value at a point with DIGITS digits, None where there is none; `digits` is what it may cost."""
    try:
        value = expression.replace(lambda part: isinstance(part, AppliedUndef), _sample)
        value = (value.replace(_is_odd_root, _real_root) if point else value).xreplace(point)
        value = value.doit()
        value = value if value.is_Rational else value.evalf(DIGITS, maxn=digits)
    except RecursionError:
        return None
    except Exception:  # whatever sympy raises on an odd expression
        return None
    return value if value.is_number and value.is_finite and not value.has(sympy.Function) else None


def _sample(call: Any) -> Any:
    """An unknown function's value: some smooth function, another for each name and argument."""
    name = sum(ord(letter) for letter in call.func.__name__)
    return 2 + sympy.cos(name + sum(((i + 2) * argument for i, argument in enumerate(call.args)), sympy.S.Zero))


def _agree(mine: Any, theirs: Any) -> bool | None:
    """True: equal wherever both have a value; False: not at a positive point; None: no telling."""
    names = _names(mine, theirs)
    verdicts: list[bool] = []
    for i, point in enumerate(_points(names)):
        pair = [_number(expression, point) for expression in (mine, theirs)]
        if pair[0] is None and pair[1] is None and i >= POINTS // 2:  # neither is meant for negative numbers
            continue
        if pair[0] is None or pair[1] is None:
            return None
        same = _same(*pair)
        if not same and i < POINTS // 2:
            return False
        verdicts.append(same)
    return _agree_far_away(mine, theirs, names) if all(verdicts) else None


def _agree_far_away(mine: Any, theirs: Any, names: list[Any]) -> bool | None:
    """The same at far points; one where a value cannot be had says nothing, only exact values say that it is False."""
    opinion: bool | None = True
    for point in _far_points(names):
        pair = [_number(expression, point, _FAR_DIGITS) for expression in (mine, theirs)]
        if pair[0] is None or pair[1] is None or _same(*pair):
            continue
        if pair[0].is_Rational and pair[1].is_Rational and min(point.values()) > 0:
            return False
        opinion = None
    return opinion


def _same(mine: Any, theirs: Any) -> bool:
    if mine.is_Rational and theirs.is_Rational:
        return bool(mine == theirs)
    size = max(abs(mine), abs(theirs))
    return bool(size == 0 or abs(mine - theirs) < _TOLERANCE * size)


def _set(node: Node) -> Any:
    if node.kind is Kind.UNION:
        return sympy.Union(*map(_set, node.items))
    if node.kind is Kind.SET:
        return sympy.FiniteSet(*map(_end, node.items))
    if node.kind is Kind.TUPLE and len(node.items) == 2:
        low, high = map(_end, node.items)
        if not (low.is_extended_real and high.is_extended_real):
            raise NotUnderstoodError
        return sympy.Interval(low, high, node.brackets[0] == "(", node.brackets[1] == ")")
    if node.kind is Kind.NAMED:
        return _set(node.items[-1])
    parts = split(node.tokens, {r"\setminus"})
    if len(parts) == 2:
        return sympy.Complement(*map(_set, map(parse, parts)))
    if node.tokens == (r"\mathbb", "{", "R", "}"):
        return sympy.Interval(-sympy.oo, sympy.oo)
    raise NotUnderstoodError


def _end(node: Node) -> Any:
    if node.tokens in ((r"\infty",), ("-", r"\infty")):
        return sympy.oo if len(node.tokens) == 1 else -sympy.oo
    if node.kind is not Kind.VALUE or bare_names(node.tokens):
        raise NotUnderstoodError
    value = _parsed(read_expression(node.tokens, Names()).latex)
    if value is None:
        raise NotUnderstoodError
    return value
