r"""How many values an answer has and how they are put together: list, set, tuple, interval, union, matrix, equation.

Example: "x = 3 \text{ or } x = -3" is LIST(NAMED x: 3, NAMED x: -3), "-2 \le x < 7" is NAMED x: TUPLE "[)" (-2, 7), and
"1 \pm \sqrt{2}" is LIST(1 + \sqrt{2}, 1 - \sqrt{2}). What is no such form is one VALUE (or TEXT).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sdzero_bench.verify.normalise import Tokens
from sdzero_bench.verify.symbols import FUNCTIONS

MAX_SIGNS = 3  # of "\pm" in one value that are written out, to eight values

_OPEN = {"(": 1, "[": 1, "{": 1, r"\{": 1, r"\langle": 1, r"\begin{matrix}": 1, r"\lfloor": 1, r"\lceil": 1}
_CLOSE = {")": 1, "]": 1, "}": 1, r"\}": 1, r"\rangle": 1, r"\end{matrix}": 1, r"\rfloor": 1, r"\rceil": 1}
_LESS = {"<": False, r"\le": True}  # whether the bound is included
_MORE = {">": False, r"\ge": True}
_RELATIONS = {"=", r"\in", r"\approx", r"\ne", r"\equiv", r"\to", *_LESS, *_MORE}
_PAIRS = {"(": ")", "[": "]"}
_DOMAIN = re.compile(
    r"(?P<values>.+?)(?: ;| \()*(?: \\text\{(?:where|for|with|for all|for any|for every|for some)\})?"
    r" (?P<name>[A-Za-z]) \\in \\mathbb \{ [ZNRQ] \}(?: \))?"
)
_NO_NAMES = {r"\pi", r"\infty", r"\emptyset", r"\ldots", *FUNCTIONS}
_NAME = re.compile(
    r"(?:\\angle |\\triangle |m \\angle )?"
    r"(?:[A-Za-z]|\\text\{[^}]*\}|\\(?:overline|overrightarrow|hat|dot|ddot|tilde) \{ [^{}]* \}|\\[A-Za-z]+)"
    r"(?: _ \{ [^{}]* \}| '|[A-Za-z](?= |$)| [A-Za-z](?= |$)| \^ \{ (?:- 1|\\ast) \})*"
    r"(?: \( [^()]* \))?"
    r"|\| (?:\\text\{[A-Z]+\}|[A-Za-z](?: [A-Z])*) \||\[ [A-Z ]+ \]|\\frac \{ d [^{}]* \} \{ d [^{}]* \}"
)


class Kind(StrEnum):
    """What an answer is made of."""

    VALUE = "value"  # one expression, or something that is not understood
    TEXT = "text"  # words
    LIST = "list"  # values side by side: "1, 2"
    SET = "set"  # \{1, 2\}
    TUPLE = "tuple"  # (1, 2): point, vector, ordered pair or interval; brackets say which ends an interval includes
    UNION = "union"  # of intervals and sets
    MATRIX = "matrix"  # items are rows
    NAMED = "named"  # x = 5: items are what it equals
    EQUATION = "equation"  # items are the sides, none of them a mere name
    APPROXIMATION = "approximation"  # items are an exact value and a decimal of it


@dataclass(frozen=True, slots=True)
class Node:
    """A form and its parts."""

    kind: Kind
    tokens: Tokens
    items: tuple[Node, ...] = ()
    name: str = ""  # of NAMED
    brackets: str = ""  # of TUPLE: "()", "[)", ...

    @property
    def key(self) -> str:
        """Equal for answers that are written alike."""
        return " ".join(self.tokens)


@lru_cache(maxsize=8192)
def parse(tokens: Tokens) -> Node:
    """The form of an answer. Takes at most quadratic time, never fails."""
    tokens = _without_parentheses(_without_domain(tokens))
    parts = [part for part in split(tokens, {";"}) if part]
    if len(parts) > 1:
        items = tuple(_flat(parse(part) for part in parts))
        return Node(Kind.LIST, tokens, items)
    tokens = parts[0] if parts else tokens
    variants = _signs(tokens)
    if variants:
        return Node(Kind.LIST, tokens, tuple(_flat(parse(variant) for variant in variants)))
    return _relation(tokens) or _union(tokens) or _bracketed(tokens) or _leaf(tokens)


def split(tokens: Tokens, separators: set[str]) -> list[Tokens]:
    """The parts between separators that stand in no bracket."""
    parts: list[Tokens] = []
    depth = start = 0
    for i, token in enumerate(tokens):
        depth += _OPEN.get(token, 0) - _CLOSE.get(token, 0)
        if token in separators and depth == 0:
            parts.append(tokens[start:i])
            start = i + 1
    return [*parts, tokens[start:]]


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if node.kind is Kind.LIST:
            yield from node.items
        else:
            yield node


def _closes_at_end(tokens: Tokens) -> bool:
    """Whether the bracket that opens first closes last."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += _OPEN.get(token, 0) - _CLOSE.get(token, 0)
        if depth == 0:
            return i == len(tokens) - 1
    return False


def _without_parentheses(tokens: Tokens) -> Tokens:
    while (
        len(tokens) > 2
        and tokens[0] == "("
        and tokens[-1] == ")"
        and _closes_at_end(tokens)
        and len(split(tokens[1:-1], {";"})) == 1
    ):
        tokens = tokens[1:-1]
    if tokens[:2] == ("[", r"\begin{matrix}") and tokens[-2:] == (r"\end{matrix}", "]"):
        tokens = tokens[1:-1]
    return tokens


def _without_domain(tokens: Tokens) -> Tokens:
    r"""Without "k \in \mathbb{Z}" at the end where k is a name in what is before it."""
    if r"\mathbb" not in tokens:
        return tokens
    found = _DOMAIN.fullmatch(" ".join(tokens))
    if not found or found["name"] not in found["values"].split(" "):
        return tokens
    return tuple(found["values"].split(" "))


def _signs(tokens: Tokens) -> list[Tokens]:
    r"""The values that "\pm" stands for; with "\mp" beside it the signs go together."""
    in_set = list(itertools.accumulate((token == r"\{") - (token == r"\}") for token in tokens))
    places = [i for i, token in enumerate(tokens) if token in (r"\pm", r"\mp") and not in_set[i]]
    if not places or len(places) > MAX_SIGNS:
        return []
    together = any(tokens[i] == r"\mp" for i in places)
    choices = [("+",) * len(places), ("-",) * len(places)] if together else itertools.product("+-", repeat=len(places))
    variants = []
    for choice in choices:
        out = list(tokens)
        for i, sign in zip(places, choice, strict=True):
            out[i] = sign if tokens[i] == r"\pm" else {"+": "-", "-": "+"}[sign]
        leading = [i for i in places if out[i] == "+" and (i == 0 or tokens[i - 1] in (*_OPEN, ";", *_RELATIONS))]
        variants.append(tuple(token for i, token in enumerate(out) if i not in leading))
    return variants


def is_name(tokens: Tokens) -> bool:
    r"""Whether it only names a quantity: x, a_{1}, f(x), \angle ABC, |AB|, \text{Area}, \frac{dx}{dt}."""
    if not 0 < len(tokens) < 30 or tokens[0] in _NO_NAMES:
        return False
    if tokens[0] == "(" and _closes_at_end(tokens):  # (x, y) = (1, 2)
        parts = split(tokens[1:-1], {";"})
        return len(parts) > 1 and all(map(is_name, parts))
    return _NAME.fullmatch(" ".join(tokens)) is not None


def _relation(tokens: Tokens) -> Node | None:
    sides = split(tokens, _RELATIONS)
    if len(sides) == 1:
        return None
    signs, depth = [], 0
    for token in tokens:
        depth += _OPEN.get(token, 0) - _CLOSE.get(token, 0)
        if depth == 0 and token in _RELATIONS:
            signs.append(token)
    if not all(sides):
        return None
    if any(sign in _LESS or sign in _MORE for sign in signs):
        return _inequality(tokens, sides, signs)
    if signs == [r"\approx"]:
        if is_name(sides[0]):
            return Node(Kind.NAMED, tokens, (parse(sides[1]),), " ".join(sides[0]))
        return Node(Kind.APPROXIMATION, tokens, (parse(sides[0]), parse(sides[1])))
    if signs[-1] == r"\approx" and set(signs[:-1]) == {"="}:
        last = (*sides[-2], r"\approx", *sides[-1])
        sides, signs = [*sides[:-2], last], signs[:-1]
    if signs == [r"\in"] and is_name(sides[0]):
        return Node(Kind.NAMED, tokens, (parse(sides[1]),), " ".join(sides[0]))
    if set(signs) != {"="}:
        return None
    if is_name(sides[0]):
        return Node(Kind.NAMED, tokens, tuple(parse(side) for side in sides[1:]), " ".join(sides[0]))
    if is_name(sides[-1]) and len(sides) == 2:
        return Node(Kind.NAMED, tokens, (parse(sides[0]),), " ".join(sides[-1]))
    return Node(Kind.EQUATION, tokens, tuple(parse(side) for side in sides))


def _inequality(tokens: Tokens, sides: list[Tokens], signs: list[str]) -> Node | None:
    r"""The interval of one variable: "-2 \le x < 7"."""
    if all(sign in _MORE for sign in signs):
        sides, signs = sides[::-1], [{">": "<", r"\ge": r"\le"}[sign] for sign in signs[::-1]]
    if not all(sign in _LESS for sign in signs):
        return None
    name = [i for i, side in enumerate(sides) if is_name(side)]
    if len(sides) == 2 and len(name) == 2:  # k <= n: only the first can be meant
        name = name[:1]
    if len(name) != 1 or (name[0] != 1 and len(sides) != 2) or len(sides) > 3:
        return None
    at = name[0]
    infinity = (r"\infty",)
    low, high = (sides[at - 1] if at else ("-", *infinity)), (sides[at + 1] if at + 1 < len(sides) else infinity)
    brackets = "[" if at and _LESS[signs[at - 1]] else "("
    brackets += "]" if at + 1 < len(sides) and _LESS[signs[at]] else ")"
    interval = Node(
        Kind.TUPLE, (brackets[0], *low, ";", *high, brackets[1]), (parse(low), parse(high)), brackets=brackets
    )
    return Node(Kind.NAMED, tokens, (interval,), " ".join(sides[at]))


def _union(tokens: Tokens) -> Node | None:
    parts = split(tokens, {r"\cup"})
    return Node(Kind.UNION, tokens, tuple(parse(part) for part in parts)) if len(parts) > 1 and all(parts) else None


def _bracketed(tokens: Tokens) -> Node | None:
    if tokens == (r"\emptyset",):
        return Node(Kind.SET, (r"\{", r"\}"))
    if len(tokens) < 2 or not _closes_at_end(tokens):
        return None
    opening, inside, closing = tokens[0], tokens[1:-1], tokens[-1]
    parts = [part for part in split(inside, {";"}) if part]
    if (opening, closing) == (r"\{", r"\}"):
        condition = split(inside, {"|", ":"})
        if len(condition) == 2 and is_name(condition[0][:1]) and condition[0][1:2] in ((), (r"\in",)):
            return _relation(condition[1])  # \{x | x > 2\}
        return Node(Kind.SET, tokens, tuple(_flat(parse(part) for part in parts)))
    if (opening, closing) == (r"\langle", r"\rangle"):
        return Node(Kind.TUPLE, ("(", *inside, ")"), tuple(parse(part) for part in parts), brackets="()")
    if opening in _PAIRS and closing in _PAIRS.values() and len(parts) > 1:
        brackets = opening + closing if len(parts) == 2 else "()"
        return Node(
            Kind.TUPLE, (brackets[0], *inside, brackets[1]), tuple(parse(part) for part in parts), brackets=brackets
        )
    if (opening, closing) == (r"\begin{matrix}", r"\end{matrix}"):
        rows = [row for row in split(inside, {r"\\"}) if row]
        cells = [[parse(cell) for cell in split(row, {"&"})] for row in rows]
        return Node(Kind.MATRIX, tokens, tuple(Node(Kind.TUPLE, (), tuple(row), brackets="()") for row in cells))
    return None


def _leaf(tokens: Tokens) -> Node:
    text = bool(tokens) and all(token.startswith(r"\text{") for token in tokens)
    return Node(Kind.TEXT if text else Kind.VALUE, tokens[1:] if tokens[:1] == ("+",) else tokens)
