r"""Find the final answer in a completion: the last box, or where the question allows it the last number or a letter.

Example: in "3 + 7 = 11 ; so \boxed{11} Wait, this response is not correct ... so \boxed{10}" the answer is "10": a box
takes back the boxes before it. But "\boxed{10} or \boxed{11}" is one answer with two values, in either order, and so
are boxes with nothing between them but commas, "and", "x =", line breaks: naming several answers must not pay.
Every function takes time linear in the text: completions of a model in training may be anything.
"""

from __future__ import annotations

import re

from sdzero_bench.types import Extraction
from sdzero_bench.verify.choice import last_choice

_BRACES = re.compile(r"\\(?:boxed|fbox)\s*+\{|\\[{}\\]|[{}]")
_NO_SPACE = re.compile(r"\S")
# What may stand between boxes that are one answer. Possessive: no second try, so linear.
_CONNECTIVE = re.compile(
    r"(?:[\s$,;:.*&/|~{}]|\\[()\[\],;:!\s\\]|-(?!\w)|\\(?:quad|qquad|text|mathrm|textbf|displaystyle|newline|lor)\b"
    r"|(?i:and|or|either|also|maybe|perhaps|possibly|alternatively|otherwise|both|respectively)\b"
    r"|[A-Za-z](?:_\{?\w\}?|\([A-Za-z0-9]\))?\s*+=)*+"
)
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
    CHOICE gives a letter ("C"), or several with commas, where the box or the text names several.
    """
    answer = last_boxed(text)
    if extraction is Extraction.CHOICE:
        return last_choice(answer, text)
    if answer is None and extraction is Extraction.BOXED_OR_LAST_NUMBER:
        _, mark, after = text.rpartition("####")
        found = _NUMBER.search(after.lstrip().split("\n", 1)[0]) if mark else None
        answer = _clean(after.lstrip().split("\n", 1)[0], found) if found else last_number(text)
    return answer


def last_boxed(text: str) -> str | None:
    r"""What is inside the last complete, non-empty \boxed{...} or \fbox{...} with balanced braces, stripped.

    Of boxes inside a box the outermost counts ("\boxed{x = \boxed{5}}" gives "x = \boxed{5}"), except that a box that
    holds only a box is that box's content. A box that is never closed is none. The boxes just before the last one that
    belong to it ("\boxed{4} or \boxed{5}") are given with it, in order and with commas: "4, 5"; one said twice is one.
    """
    boxes = _boxes(text)
    if not boxes:
        return None
    first = len(boxes) - 1
    while first and _CONNECTIVE.fullmatch(text, boxes[first - 1][1], boxes[first][0]):
        first -= 1
    return ", ".join(dict.fromkeys(text[start:end].strip() for _, _, (start, end) in boxes[first:]))


def _boxes(text: str) -> list[tuple[int, int, tuple[int, int]]]:
    """The outermost complete boxes that are not empty: start, end, where the content is."""
    first = text.find("\\boxed"), text.find("\\fbox")
    if first == (-1, -1):
        return []
    open_braces: list[tuple[int, int] | None] = []  # (start of the command, start of the content); None: a plain brace
    boxes: list[tuple[int, int, tuple[int, int]]] = []
    for token in _BRACES.finditer(text, min(position for position in first if position >= 0)):
        found = token.group()
        if found == "{":
            open_braces.append(None)
        elif found == "}":
            opened = open_braces.pop() if open_braces else None
            if opened is None:
                continue
            start, content_start = opened
            content = (content_start, token.start())
            # Only positions are kept and inner boxes go, so that a tower of a million boxes takes linear time.
            inner = boxes[-1] if boxes and boxes[-1][0] >= content_start else None
            if inner and not (
                _NO_SPACE.search(text, content_start, inner[0]) or _NO_SPACE.search(text, inner[1], token.start())
            ):
                content = inner[2]
            while boxes and boxes[-1][0] >= content_start:
                boxes.pop()
            boxes.append((start, token.end(), content))
        elif found[-1] == "{" and len(found) > 2:
            open_braces.append((token.start(), token.end()))
    return [box for box in boxes if _NO_SPACE.search(text, *box[2])]


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
