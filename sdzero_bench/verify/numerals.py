r"""Written-out numbers and their exact values, without computer algebra.

Example: 1\frac{4}{5}, 9/5, 1.8, 180\% and 18 \cdot 10^{-1} all have the value Fraction(9, 5). A number may carry a
unit: "15\text{ cm}^2" is 15 with the unit "cm^2".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from sdzero_bench.verify.normalise import Tokens
from sdzero_bench.verify.units import known_unit, split_unit

MAX_POWER_OF_TEN = 4000  # "1e4000" is a number, "1e999999999" would fill the memory
LONG_DECIMAL = 6  # significant digits from which a decimal may stand for a number without a finite decimal

_DECIMAL = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_NUMERAL = re.compile(
    rf"(?P<sign>(?:[+-] )?)(?:"
    rf"(?P<whole>[0-9]+) \\frac {{ (?P<part>[0-9]+) }} {{ (?P<of>[0-9]+) }}"
    rf"|\\frac {{ (?P<above>(?:- )?(?:{_DECIMAL})) }} {{ (?P<below>(?:- )?(?:{_DECIMAL})) }}"
    rf"|(?P<upper>{_DECIMAL}) / (?P<lower>{_DECIMAL})"
    rf"|(?P<before>[0-9]*)(?: \.|\.(?P<fixed>[0-9]+)) \\overline {{ (?P<repeating>[0-9]+) }}"
    rf"|(?P<decimal>{_DECIMAL})(?: \\cdot 10(?: \^ {{ (?P<power>(?:[+-] )?[0-9]{{1,9}}) }})?"
    rf"| [eE] (?P<exponent>(?:[+-] )?[0-9]{{1,9}}))?"
    rf"|10 \^ {{ (?P<ten>(?:[+-] )?[0-9]{{1,9}}) }}"
    rf")(?P<percent> \\%)?"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it is written."""

    value: Fraction  # with a percent sign, the hundredth: 50% is 1/2
    percent: bool = False
    unit: str | None = None  # the name of a known unit, None without one or with any other words
    digits: int = 0  # significant digits of a decimal, 0 for another form
    last_place: Fraction = Fraction(0)  # what one unit in the last place of a decimal is worth


def read_numeral(tokens: Tokens, *, letter_units: bool) -> Numeral | None:
    """The number that `tokens` write out, None where they are something else.

    `letter_units` takes a letter after a number for a unit ("6 m"): only right where no letter can be a variable.
    """
    money = r"\$" in tokens
    if money:
        tokens = tuple(token for token in tokens if token != r"\$")
    number, unit_tokens = split_unit(tokens, letter_units=letter_units)
    found = _NUMERAL.fullmatch(" ".join(number))
    if found is None or sum(map(len, number)) > 5000:
        return None
    value, digits, last_place = _value(found)
    if value is None:
        return None
    if found["sign"].startswith("-"):
        value = -value
    if found["percent"]:
        value, last_place = value / 100, last_place / 100
    unit = known_unit(unit_tokens) or ("dollar^1" if money else None)
    return Numeral(value, bool(found["percent"]), unit, digits, last_place)


def same_number(gold: Numeral, answer: Numeral, *, asks_percent: bool) -> bool:
    """Whether two written-out numbers are equal: exactly, but for a long decimal of a fraction like 1/3.

    With `asks_percent` (the question asks for a percentage) 50 and 50% are the same answer, and 50 and 5000% are not;
    for a gold answer with a percent sign 50 and 50% always are.
    """
    if gold.unit and answer.unit and gold.unit != answer.unit:
        return False
    signs = gold.percent != answer.percent
    if signs and asks_percent and not gold.percent and abs(gold.value) >= 1:
        return gold.value == answer.value * 100
    if gold.value == answer.value or approximates(answer, gold.value) or approximates(gold, answer.value):
        return True
    if not signs or not (asks_percent or gold.percent):
        return False
    return gold.value * (100 if gold.percent else 1) == answer.value * (100 if answer.percent else 1)


def is_final(tokens: Tokens) -> bool:
    r"""Whether it is a number in a form that leaves nothing to do: "\frac{2}{3}", "-4/5", "3 \cdot 10^8"."""
    found = _NUMERAL.fullmatch(" ".join(tokens))
    if found is None:
        return False
    if found["power"] or found["exponent"]:
        power = int((found["power"] or found["exponent"]).replace(" ", ""))
        return abs(power) > 3 and 1 <= _fraction(found["decimal"]) < 10
    above, below = found["above"] or found["upper"] or "", found["below"] or found["lower"] or ""
    whole = above.removeprefix("- ").isdigit() and below.isdigit()
    return whole and int(below) > 1 and math.gcd(int(above.removeprefix("- ")), int(below)) == 1


def approximates(decimal: Numeral, value: Fraction) -> bool:
    """Whether a decimal of at least LONG_DECIMAL digits is a number without finite decimal, cut off or rounded."""
    if decimal.digits < LONG_DECIMAL or has_finite_decimal(value):
        return False
    return is_rounded(decimal, value)


def is_rounded(decimal: Numeral, value: Fraction) -> bool:
    """Whether a decimal is `value` rounded or cut off in its last place."""
    short = abs(value) - abs(decimal.value)
    return decimal.value * value > 0 and -decimal.last_place / 2 <= short < decimal.last_place


def has_finite_decimal(value: Fraction) -> bool:
    """Whether the decimals of `value` end."""
    below = value.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    return below == 1


def _value(found: re.Match[str]) -> tuple[Fraction | None, int, Fraction]:
    """Value without sign and percent, significant digits, worth of the last place."""
    none = (None, 0, Fraction(0))
    if found["whole"]:
        if int(found["of"]) == 0:
            return none
        return Fraction(int(found["whole"])) + Fraction(int(found["part"]), int(found["of"])), 0, Fraction(0)
    for above, below in (("above", "below"), ("upper", "lower")):
        if found[above]:
            under = _fraction(found[below])
            return (_fraction(found[above]) / under, 0, Fraction(0)) if under else none
    if found["repeating"]:
        before, fixed, repeating = found["before"] or "0", found["fixed"] or "", found["repeating"]
        scale = 10 ** len(fixed)
        period = Fraction(int(repeating), 10 ** len(repeating) - 1)
        return (int(before + fixed) + period) / scale, 0, Fraction(0)
    if found["ten"]:
        power = int(found["ten"].replace(" ", ""))
        return (Fraction(10) ** power, 0, Fraction(0)) if abs(power) <= MAX_POWER_OF_TEN else none
    text = found["decimal"]
    power_text = found["power"] or found["exponent"]
    power = int(power_text.replace(" ", "")) if power_text else int(r"\cdot" in found.group())
    if abs(power) > MAX_POWER_OF_TEN:
        return none
    scale_by = Fraction(10) ** power
    if "." not in text and power >= 0:  # a whole number, with an exponent or without
        return Fraction(int(text)) * scale_by, 0, Fraction(0)
    places = len(text.partition(".")[2])
    digits = len(text.replace(".", "").lstrip("0"))
    return _fraction(text) * scale_by, digits, Fraction(1, 10**places) * scale_by


def _fraction(decimal: str) -> Fraction:
    return Fraction(decimal.replace(" ", "").removesuffix(".") or "0")
