r"""Answers that are compared as they are written: words, times of day, ratios, numerals in another base.

Example: "\textbf{the East}" is "east"; "3:30 pm" is not "3:30 am"; "52_{8}" is "52" where the gold answer says base 8.
"""

from __future__ import annotations

import re

from sdzero_bench.verify.normalise import Tokens

_TIME = re.compile(r"([0-9]{1,2}) : ([0-9]{2})(?: \\text\{([AaPp]\.?[Mm]\.?)\})?")
_RATIO = re.compile(r"[0-9]+(?: : [0-9]+)+")
_BASED = re.compile(r"([0-9A-Za-z ]+)(?: _ \{ (?:\\text\{base\} )?([0-9]+) \})?")


def words(tokens: Tokens) -> str:
    """Words in small letters without spaces and article; a single letter as it is."""
    text = "".join(token[6:-1] if token.startswith(r"\text{") else token for token in tokens)
    if len(text) == 1:
        return text
    text = re.sub(r"^(?:the|an?)\s+", "", text.strip().lower())
    return re.sub(r"[\s.'-]+", "", text)


def compare_as_written(gold: str, answer: str, question: str) -> bool | None:
    """Times of day, ratios and numerals in another base; None for other answers."""
    if ":" in gold or ":" in answer:
        times = [_TIME.fullmatch(text) for text in (gold, answer)]
        if times[0] and times[1]:
            halves = [(found[3] or "").lower().replace(".", "") for found in times if found]
            return (
                int(times[0][1]) == int(times[1][1])
                and times[0][2] == times[1][2]
                and (halves[0] == halves[1] or "" in halves)
            )
        if times[0] or not (_RATIO.fullmatch(gold) and _RATIO.fullmatch(answer)):
            return False
        parts = [[int(part) for part in text.split(" : ")] for text in (gold, answer)]
        return (
            len(parts[0]) == len(parts[1])
            and all(a * parts[1][0] == b * parts[0][0] for a, b in zip(*parts, strict=True))
            and any(parts[0])
            and any(parts[1])
        )
    if " _ {" not in gold and " _ {" not in answer:
        return None
    based = [_BASED.fullmatch(text) for text in (gold, answer)]
    if not (based[0] and based[1]) or not based[0][1][0].isdigit():
        return None
    digits = [found[1].replace(" ", "").lower() for found in based if found]
    if digits[0] != digits[1]:
        return False
    bases = [found[2] for found in based if found]
    known = bases[0] or bases[1]
    return bases[0] == bases[1] or not bases[1] or (not bases[0] and f"base {known}" in question.lower())
