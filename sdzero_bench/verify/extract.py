r"""Find the final answer in a completion: the last box, or where the question allows it the last number.

Example: in "3 + 7 = 11 ; so \boxed{11} Wait, this response is not correct ... so \boxed{10}" the answer is "10".
Every function takes time linear in the text: completions of a model in training may be anything.
"""

from __future__ import annotations

import re

from sdzero_bench.types import Extraction

_BRACES = re.compile(r"\\(?:boxed|fbox)\s*+\{|\\[{}\\]|[{}]")
_NUMBER = re.compile(
    r"\\[dt]?frac\{(\d{1,300})\}\{(\d{1,300})\}"
    # not inside a word, nor after "3." of "3.14.15"
    r"|(?<!\w)(?<!\d\.)(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\.)\.\d+)(?:/\d+(?:\.\d+)?)?"
)
_MINUS = "-−"  # hyphen-minus and the minus sign of typeset text
_OPERAND_END = ")]}%°"  # a minus after one of these, or after a digit or letter, is an operator: "5-3"


def extract_answer(text: str, extraction: Extraction) -> str | None:
    r"""The final answer in `text`, None where there is none.

    BOXED_OR_LAST_NUMBER looks for a box, then a number after the last "####" (GSM8K's mark), then the last number.
    """
    answer = last_boxed(text)
    if answer is None and extraction is Extraction.BOXED_OR_LAST_NUMBER:
        _, mark, after = text.rpartition("####")
        found = _NUMBER.search(after.lstrip().split("\n", 1)[0]) if mark else None
        answer = _clean(after.lstrip().split("\n", 1)[0], found) if found else last_number(text)
    return answer


def last_boxed(text: str) -> str | None:
    r"""What is inside the last complete, non-empty \boxed{...} or \fbox{...} with balanced braces, stripped.

    Of boxes inside a box the outermost counts ("\boxed{x = \boxed{5}}" gives "x = \boxed{5}"), except that a box that
    holds only a box is that box's content. A box that is never closed is none.
    """
    first = text.find("\\boxed"), text.find("\\fbox")
    if first == (-1, -1):
        return None
    open_braces: list[tuple[int, int] | None] = []  # (start of the command, start of the content); None: a plain brace
    last: tuple[int, int, str] | None = None  # the box completed last: start, end, content
    answer: str | None = None
    for token in _BRACES.finditer(text, min(position for position in first if position >= 0)):
        found = token.group()
        if found == "{":
            open_braces.append(None)
        elif found == "}":
            opened = open_braces.pop() if open_braces else None
            if opened is None:
                continue
            start, content_start = opened
            # Comparing with the inner box here keeps a tower of a million boxes linear.
            if (
                last is not None
                and last[0] >= content_start
                and not text[content_start : last[0]].strip()
                and not text[last[1] : token.start()].strip()
            ):
                content = last[2]
            else:
                content = text[content_start : token.start()].strip()
            last = (start, token.end(), content)
            answer = content or answer
        elif found[-1] == "{" and len(found) > 2:
            open_braces.append((token.start(), token.end()))
    return answer


def last_number(text: str) -> str | None:
    r"""The last number in the text as plain digits: "-1234.5", "3/4"; None where there is none.

    Thousands commas and a currency sign are dropped, \frac{3}{4} becomes "3/4". A minus counts as a sign only where no
    operand stands before it.
    """
    found = None
    for found in _NUMBER.finditer(text):  # noqa: B007  (the last one)
        pass
    return _clean(text, found) if found else None


def _clean(text: str, found: re.Match[str]) -> str:
    digits = f"{found[1]}/{found[2]}" if found[1] else found.group().replace(",", "")
    start = found.start() - 1
    if start >= 0 and text[start] in "$€£":
        start -= 2 if start >= 1 and text[start - 1] == "\\" else 1
    if start < 0 or text[start] not in _MINUS:
        return digits
    before = text[max(0, start - 80) : start]
    operand = before.rstrip(" ")
    if operand and (operand[-1].isdigit() or operand[-1] in _OPERAND_END):
        return digits
    return digits if operand == before and operand[-1:].isalpha() else f"-{digits}"
