r"""Units of measurement and other words behind a number.

Example: "15\text{ cm}^2" is 15 and the unit "cm^2"; "12\text{ apples}" is 12 and words that are no known unit. The
question fixes the unit of its answer, so words behind a number do not count, but a known unit that is another than the
gold answer's does: 5.4 dollars are not 5.4 cents.
"""

from __future__ import annotations

import re

from sdzero_bench.verify.normalise import Tokens
from sdzero_bench.verify.symbols import UNITS

LETTERS = {name for name in UNITS if len(name) == 1}

_POWERS = {"square": 2, "squared": 2, "sq": 2, "cubic": 3, "cubed": 3, "cu": 3}

# Words that say something else than what is counted: "12 or more", "not 12".
_OTHER_WORDS = """
and or not to than least most about approximately approx between either neither any all more less over under maybe
plus minus except if when otherwise wrong right both up down at around roughly nearly almost for every each times
dozen hundred thousand million billion trillion half twice double where with without is are but incorrect instead
rather zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
factorial factorials reciprocal negated until triple thrice quadruple modulo mod choose divided multiplied added
subtracted false untrue never nor impossible unless
"""
_NO_UNIT = frozenset(_OTHER_WORDS.split())


def split_unit(tokens: Tokens, *, letter_units: bool) -> tuple[Tokens, Tokens]:
    """`tokens` before and from the unit at their end; the unit is () where there is none.

    `letter_units`: single letters ("6 m") and products of them count too.
    """
    start, depth = len(tokens), 0
    for i in range(len(tokens) - 1, 0, -1):
        token = tokens[i]
        depth += {"}": 1, ")": 1, "{": -1, "(": -1}.get(token, 0)
        if not _of_a_unit(tokens, i, letter_units):
            break
        if depth == 0 and _may_start(tokens, i, letter_units):
            start = i
    if start == len(tokens) or _open(tokens[:start]):
        return tokens, ()
    return tokens[:start], tokens[start:]


def known_unit(tokens: Tokens) -> str | None:
    r"""One name for a unit that is known, however it is written ("\text{square inches}", "\text{in}^2"); else None."""
    powers: dict[str, int] = {}
    sign, last = 1, ""
    for i, token in enumerate(tokens):
        if token.startswith(r"\text{"):
            power = 1
            for word in re.split(r"[ .-]+", token[6:-1]):
                if word.lower() in _POWERS and word.lower().endswith("ed"):
                    powers[last] = powers.get(last, 0) * _POWERS[word.lower()]
                elif word.lower() in _POWERS:
                    power = _POWERS[word.lower()]
                elif word == "per":
                    sign = -1
                elif (last := _known(word)) == "":
                    return None
                else:
                    powers[last], power = powers.get(last, 0) + sign * power, 1
        elif token in LETTERS or token == r"\degree":
            last = UNITS.get(token, "degree")
            powers[last] = powers.get(last, 0) + sign
        elif token == "/":
            sign = -1
        elif token.isdigit() and last:
            powers[last] *= int(token) * (-1 if tokens[i - 1] == "-" else 1)
        elif token not in ("{", "}", "(", ")", "^", "-", r"\cdot"):
            return None
    return " ".join(f"{name}^{power}" for name, power in sorted(powers.items())) or None


def _known(word: str) -> str:
    for name in (word, word.lower(), word.lower().removesuffix("s"), word.lower().removesuffix("es")):
        if name in UNITS and (len(name) > 1 or name == word):
            return UNITS[name]
    return ""


def _is_words(token: str) -> bool:
    if not token.startswith(r"\text{"):
        return False
    words = re.split(r"[^A-Za-z]+", token[6:-1].lower())
    raised = next(filter(None, words), "") in ("squared", "cubed")  # "12 squared", not "12 cm squared"
    return len(words) <= 5 and not raised and not _NO_UNIT & set(words)


def _of_a_unit(tokens: Tokens, i: int, letter_units: bool) -> bool:
    token = tokens[i]
    if token in ("{", "}", "^", "-") or token.isdigit():  # a power of a unit, if anything
        return _in_power(tokens, i)
    return token in ("/", r"\cdot", "(", ")") or _may_start(tokens, i, letter_units)


def _may_start(tokens: Tokens, i: int, letter_units: bool) -> bool:
    token = tokens[i]
    return (
        _is_words(token)
        or token == r"\degree"
        or (letter_units and token in LETTERS)
        or (
            token == "/"
            and i > 0
            and tokens[i - 1][0].isdigit()
            and i + 1 < len(tokens)
            and not tokens[i + 1][0].isdigit()
        )
    )


def _in_power(tokens: Tokens, i: int) -> bool:
    r"""Whether token i is part of "^{2}" or "^{-1}" behind a unit's name or a degree sign."""
    for back in range(i, max(-1, i - 5), -1):
        if tokens[back] == "^":
            name = tokens[back - 1] if back else ""
            inside = " ".join(tokens[back : back + 5])
            return bool(re.match(r"\^ \{ (?:- )?[1-4] \}", inside)) and (name.startswith(r"\text{") or name in LETTERS)
    return False


def _open(tokens: Tokens) -> bool:
    return sum({"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(token, 0) for token in tokens) != 0
