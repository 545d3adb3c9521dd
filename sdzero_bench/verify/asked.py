r"""What a question asks for, as far as it decides how an answer is read.

Example: "What percent are red?" asks for a percentage, so that 5 is 5\% (and not 500\%); "A 10\% sample is drawn. What
is the probability?" does not. "Solve for $(x,y)$." gives the order in which "y = 2, x = 1" is the pair (1, 2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sdzero_bench.verify.normalise import Tokens
from sdzero_bench.verify.structure import Kind, Node

# A percent sign or word with its number before it ("10\%", "ten percent") only tells something.
_PERCENT = re.compile(r"(\S*?)[\s\\$~]*(?:%|(?<![a-z])percent(?!ile))", re.IGNORECASE)
_NUMBERS = """
one two three four five six seven eight nine ten fifteen twenty thirty forty fifty sixty seventy eighty ninety hundred
"""
_NUMBER_WORDS = frozenset(_NUMBERS.split())
_POINT = re.compile(r"\b(?:points?|ordered (?:pairs?|triples?)|coordinates|vertex|vectors?|intersects?)\b", re.I)
_INTERVAL = re.compile(r"\b(?:intervals?|inequalit|domain|range|values)", re.I)
_TUPLE = re.compile(r"\(([^()]*,[^()]*)\)")
_NAME = re.compile(r"[A-Za-z](?: _ \{ [^{}]* \})?")

# Words that change the number before them, unless the question has them: "5 pairs" are 10 things.
_CHANGING = """
half halve third fourth quarter fifth sixth seventh eighth ninth tenth eleventh twelfth sixteenth twentieth hundredth
thousandth millionth pair couple trio score gros ten hundred thousand million billion dozen percentile fail root inverse
negative opposite below above beyond before after short
"""
_CHANGES = frozenset(_CHANGING.split())


@lru_cache(maxsize=1024)
def asks_percent(question: str) -> bool:
    """Whether a percentage is asked for, not only told."""
    for found in _PERCENT.finditer(question):
        before = found[1].lower().rstrip("-\\$~")
        if not (before[-1:].isdigit() or before[-1:] in ("}", ".") or before in _NUMBER_WORDS):
            return True
    return False


def asks_point(question: str) -> bool:
    """Whether "(3, 5)" can only be a point."""
    return bool(_POINT.search(question)) and not _INTERVAL.search(question)


def counts_otherwise(answer: Tokens, gold: Tokens, question: str) -> bool:
    """Whether a word of the answer changes its number and is in neither the gold answer nor the question."""
    texts = [" ".join(token[6:-1] for token in tokens if token.startswith(r"\text{")) for tokens in (answer, gold)]
    mine, theirs, asked = map(_words, (*texts, question))
    cents_for_dollars = "cent" in mine - theirs and re.search("how many dollars", question, re.IGNORECASE)
    return bool(cents_for_dollars or (mine & _CHANGES) - theirs - asked)


def _words(text: str) -> set[str]:
    """Its words without the s of a plural."""
    return {word.rstrip("s") for word in re.findall("[a-z]+", text.lower())}


def in_order_of_names(items: Sequence[Node], question: str) -> Sequence[Node]:
    """Values with names of their own in the order of the question's "(x, y)", else of the alphabet."""
    if not differently_named(items) or not all(_NAME.fullmatch(item.name) for item in items):
        return items
    for found in _TUPLE.finditer(question):
        names = [re.sub(r"[\s{}$]", "", name) for name in found[1].split(",")]
        places = [_place(item, names) for item in items]
        if len(names) == len(items) and -1 not in places:
            return [items[places.index(i)] for i in range(len(items))]
    return sorted(items, key=lambda item: item.name)


def _place(item: Node, names: list[str]) -> int:
    name = re.sub(r"[\s{}]", "", item.name)
    return names.index(name) if name in names else -1


def differently_named(items: Sequence[Node]) -> bool:
    """Whether each of several values has a name, and each another."""
    names = {item.name for item in items if item.kind is Kind.NAMED}
    return len(names) == len(items) > 1
