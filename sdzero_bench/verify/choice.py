r"""The letter of a multiple-choice answer.

Example: "\\boxed{\\text{(C)}}", "the answer is (C)", "Answer: **C**" all give "C"; "(B) or (C)" gives "B,C", which is
neither.
"""

from __future__ import annotations

import re

_WRAPPING = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|bf|rm)\b|[${}*\s~]|\\[,;:! ]")
_OPTION = re.compile(r"(?i:(?:the )?(?:correct )?(?:final )?(?:answer|option|choice)s?(?: is)?:?)")
_LETTERS = re.compile(r"\(?([A-J])\)?(?:(?:,|;|and|or|/|&|,and|,or)\(?([A-J])\)?)*")
_LABELLED = re.compile(r"\(?([A-J])(?:\)|[.:])(?![A-Z]\b)")
_STATED = re.compile(
    r"(?i:\b(?:answer|option|choice)s?\b(?: is| would be| must be| should be|:|\s*=)*\s*:?)[\s*$]{0,8}"
    r"(?:\\(?:text|textbf|mathrm|mathbf|boxed)\s?\{)?\s?((?:\(?[A-J]\)?(?![A-Za-z])(?:\s?(?:,|and|or|/)\s?)?)+)"
)
_PARENTHESES = re.compile(r"\(([A-J])\)(?:\s?(?:,|and|or|/)\s?\(([A-J])\))*")
_LAST_LINE = re.compile(r"[*$(]{0,4}([A-J])[)*$.]{0,4}")


def last_choice(boxed: str | None, text: str) -> str | None:
    """The letter of the box; without one the last "answer is C", "(C)", or a last line that is only a letter."""
    if boxed is not None:
        letters = _letters(boxed)
        if letters is not None:
            return letters
    for pattern in (_STATED, _PARENTHESES):
        found = None
        for found in pattern.finditer(text):  # noqa: B007  (the last one)
            pass
        if found is not None:
            named = found.group(1) if pattern is _STATED else found.group()
            return ",".join(dict.fromkeys(re.findall(r"[A-J](?![a-z])", named)))
    last = text.strip().rpartition("\n")[2].strip()
    line = _LAST_LINE.fullmatch(last)
    return line[1] if line else (boxed or None)


def _letters(answer: str) -> str | None:
    """The letters that an answer is or starts with: "C", "(C) 12 m", "A,B"."""
    plain = _OPTION.sub("", _WRAPPING.sub("", answer)).rstrip(".")
    if _LETTERS.fullmatch(plain):
        return ",".join(dict.fromkeys(re.findall("[A-J]", plain.replace("and", ",").replace("or", ","))))
    label = _LABELLED.match(plain)
    if label is None:
        return None
    return ",".join(dict.fromkeys([label[1], *re.findall(r"\(([A-J])\)", plain[label.end() :])]))
