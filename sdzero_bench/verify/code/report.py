"""Verdicts on programs, in words for people.

Example: `wrong(found, "base test 3: expected [1, 2], got [2, 1]")`; values in it are cut short by `show`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping

from sdzero_bench.types import Verdict

EXTRACTED_CHARS = 300

_short = reprlib.Repr()
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxfrozenset = _short.maxdict = _short.maxdeque = 12
_short.maxstring = _short.maxother = 100
_short.maxlong = 60
_short.maxlevel = 5


def verdict(code: str | None, right: bool, reason: str, parts: Mapping[str, int] | None = None) -> Verdict:
    """A verdict with the beginning of the program."""
    return Verdict(int(right), code and code[:EXTRACTED_CHARS], reason, parts or {})


def show(value: object, limit: int = 120) -> str:
    """A value as Python writes it, cut short."""
    try:
        text = _short.repr(value)
    except Exception:  # a whole number of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def quote(text: str, limit: int = 80) -> str:
    """A piece of output on one line, cut short."""
    return show(text[: limit + 1], limit)


def count(number: int, noun: str) -> str:
    """ "1 test", "2 tests"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
