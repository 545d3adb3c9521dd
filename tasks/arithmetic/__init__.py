"""Chains of + and - over one-digit numbers, with gold worked solutions: the embedded question set.

Example: `3 + 7 - 4 = ?` has the answer `6` and the worked solution `3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}`.

Which split an expression belongs to is a hash of its text, so no expression is in two of them, whatever the seeds and
sizes. `pretraining` is what the embedded base model has read (with misconceptions in it); `train` and `evaluation` it
has never seen.
"""

from __future__ import annotations

import hashlib
import random

from sdzero_bench.errors import UserError
from sdzero_bench.types import Extraction, Question

# Tenths of all expressions, by hash.
_SPLITS = {"pretraining": range(0, 4), "train": range(4, 8), "evaluation": range(8, 10)}
SPLITS = tuple(_SPLITS)
_PATIENCE = 2_000  # draws in a row without a new expression: there is none left to be found at a fair price

Chain = tuple[int, ...]  # signed terms: (3, 7, -4) is 3 + 7 - 4


def questions(split: str, size: int, terms: tuple[int, int], seed: int) -> list[Question]:
    """`size` different questions of a split with terms[0] to terms[1] terms, every length as likely.

    A larger set of the same seed begins with a smaller one.

    Raises UserError where the split is unknown, the numbers make no sense or too few such expressions exist.
    """
    if size < 1:
        raise UserError(f"arithmetic: size is {size}; it must be at least 1")
    draws = _Chains(split, terms, random.Random(f"{split} {seed}"))
    seen: dict[Chain, None] = {}
    misses = 0
    while len(seen) < size:
        chain = draws.draw()
        misses = misses + 1 if chain in seen else 0
        seen[chain] = None
        if misses > _PATIENCE:
            raise UserError(
                f"arithmetic: size is {size}, but split {split!r} has only about {len(seen)} expressions of "
                f"{terms[0]}-{terms[1]} terms; ask for fewer or allow more terms"
            )
    return [_question(split, chain) for chain in seen]


def chains(split: str, terms: tuple[int, int], rng: random.Random) -> _Chains:
    """Endless draws of expressions of a split, with repetitions."""
    return _Chains(split, terms, rng)


class _Chains:
    def __init__(self, split: str, terms: tuple[int, int], rng: random.Random) -> None:
        if split not in _SPLITS:
            raise UserError(f"arithmetic: unknown split {split!r}; known: {', '.join(SPLITS)}")
        if not 2 <= terms[0] <= terms[1]:
            raise UserError(
                f"arithmetic: terms is {terms[0]}-{terms[1]}; write it as 3-5: at least 2, the smaller first"
            )
        self._tenths, self._terms, self._rng = _SPLITS[split], terms, rng

    def draw(self) -> Chain:
        """One expression."""
        rng = self._rng
        while True:
            length = rng.randint(*self._terms)
            chain = (rng.randint(1, 9), *(rng.choice((-1, 1)) * rng.randint(1, 9) for _ in range(length - 1)))
            if _tenth(chain) in self._tenths:
                return chain


def _tenth(chain: Chain) -> int:
    return int.from_bytes(hashlib.sha256(expression(chain).encode()).digest()[:8], "big") % 10


def expression(chain: Chain) -> str:
    """(3, 7, -4) as `3 + 7 - 4`."""
    return " ".join([str(chain[0]), *(step(term) for term in chain[1:])])


def step(term: int) -> str:
    """A signed term as it is written after another number: -4 as `- 4`."""
    return f"{'-' if term < 0 else '+'} {abs(term)}"


def question_text(chain: Chain) -> str:
    """What the user asks."""
    return f"{expression(chain)} = ?"


def worked(chain: Chain, results: Chain) -> str:
    """A solution that writes these results after each step: one fewer than there are terms."""
    steps = zip((chain[0], *results), chain[1:], results, strict=False)
    written = [f"{before} {step(term)} = {after}" for before, term, after in steps]
    return " ; ".join([*written, f"so \\boxed{{{results[-1]}}}"])


def right_results(chain: Chain) -> Chain:
    """The running sums after each term but the first."""
    return tuple(sum(chain[: index + 1]) for index in range(1, len(chain)))


def _question(split: str, chain: Chain) -> Question:
    text = question_text(chain)
    return Question(
        id=f"arithmetic/{split}/{expression(chain).replace(' ', '')}",
        messages=({"role": "user", "content": text},),
        answer=str(sum(chain)),
        solution=worked(chain, right_results(chain)),
        extraction=Extraction.BOXED,
        meta={"terms": len(chain)},
    )
