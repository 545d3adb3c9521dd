r"""LaTeX (or plain text) of a final answer as tokens, the same for answers that are written alike.

Example: "$\left( 3, \dfrac\pi2 \right).$" and "(3,\frac{\pi}{2})" both give ("(", "3", ";", "\frac", "{", "\pi", "}",
"{", "2", "}", ")"). Braces stand around arguments only; words are one token "\text{due east}"; ";" separates values;
"," is left between digits alone, where it may group thousands (`readings` gives both ways to read it).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

from sdzero_bench.verify.symbols import (
    ACCENTS,
    FONTS,
    FUNCTIONS,
    LOWERED,
    NOTHING,
    RAISED,
    SYNONYMS,
    UNICODE,
    UNITS,
    WORDS,
)

Tokens = tuple[str, ...]

MAX_DEPTH = 40  # of braces in braces; deeper is no exam answer and would exhaust Python's stack

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|\.[0-9]+|[A-Za-z]+|\s+|.", re.DOTALL)
_THIN_GROUPS = re.compile(r"(?<![\d.,])[0-9]{1,3}(?:(?:\\[,;: ]|~|\{,\}|,\\!)\s*[0-9]{3})+(?!\d)", re.ASCII)
_SPACED_GROUPS = re.compile(r"\s*[+-]?[0-9]{1,3}(?: [0-9]{3})+\s*")
_MIXED = re.compile(r"(?<![\d.])([0-9]+)\s+([0-9]+)\s*/\s*([0-9]+)(?![\d.])")
_PLAIN_TEXT = re.compile(r"[A-Za-z]+(?:[ .'-]+[A-Za-z]+)*\.?")
_DEPTH = dict.fromkeys(("(", "[", "{", r"\{", r"\langle"), 1) | dict.fromkeys((")", "]", "}", r"\}", r"\rangle"), -1)
_ANNOUNCEMENT = re.compile(r"\\text\{(?:so )?(?:the )?(?:final )?answer(?: is)?\}", re.IGNORECASE)
_MATRICES = {"matrix", "pmatrix", "bmatrix", "smallmatrix", "Bmatrix", "array"}


@lru_cache(maxsize=8192)
def readings(answer: str) -> tuple[Tokens, ...]:
    """One or two ways to read an answer: "5,105" is 5105, or else 5 and 105. Takes linear time, never fails."""
    try:
        tokens = _Reader(_plain(answer)).group(0)
    except _TooDeepError:
        return ((answer,),)
    nested = list(itertools.accumulate(_DEPTH.get(token, 0) for token in tokens))
    if nested and max(nested) > MAX_DEPTH:
        return ((answer,),)
    if len(tokens) > 1 and _ANNOUNCEMENT.fullmatch(tokens[0]):
        tokens.pop(0)
    while tokens and tokens[-1] in (";", ",", ".", ":", r"\gap"):
        tokens.pop()
    while tokens and tokens[0] in (";", "=", ":", r"\approx", r"\to"):
        tokens.pop(0)
    grouped, listed = _commas(tokens)
    return (grouped,) if grouped == listed else (grouped, listed)


def key(tokens: Tokens) -> str:
    """The tokens as one string: equal for answers that are written alike."""
    return " ".join(tokens)


def _plain(text: str) -> str:
    """Unicode signs as LaTeX, thousands that are grouped by thin spaces, mixed numbers, a bold mark around it all."""
    text = re.sub("√\\s*([0-9.]+)", r"\\sqrt{\1}", text)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+", lambda found: f"^{{{found.group().translate(RAISED)}}}", text)
    text = re.sub("[₀₁₂₃₄₅₆₇₈₉]+", lambda found: f"_{{{found.group().translate(LOWERED)}}}", text)
    for sign in set(re.findall("[¼½¾⅐-⅞]", text)):
        above, _, below = unicodedata.normalize("NFKC", sign).partition("⁄")
        text = text.replace(sign, rf"\frac{{{above}}}{{{below}}}")
    text = unicodedata.normalize("NFKC", text.translate(UNICODE)).translate(UNICODE)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()  # zero-width characters
    if len(text) > 4 and text.startswith("**") and text.endswith("**"):
        text = text[2:-2]
    text = text.replace("**", "^").replace("np.", "").replace("...", r"\ldots ")
    text = re.sub(r"\\!\s*", r"\\!", text)
    text = _THIN_GROUPS.sub(lambda found: re.sub(r"[^0-9]", "", found.group()), text)
    if _SPACED_GROUPS.fullmatch(text):
        text = re.sub(r"(?<=[0-9]) (?=[0-9])", "", text)
    text = re.sub(r"([0-9]+)\.(?=\s*[/}*])", r"\1", text)  # "-3./2"
    return _MIXED.sub(r"\1\\frac{\2}{\3}", text)


class _TooDeepError(Exception):
    pass


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0
        self.matrix = 0  # environments with rows and columns that are open here

    def group(self, depth: int) -> list[str]:
        """Everything up to the closing brace of this group, or the end."""
        if depth > MAX_DEPTH:
            raise _TooDeepError
        out: list[str] = []
        while self.at < len(self.tokens):
            if self.tokens[self.at] == "}":
                self.at += 1
                if depth:
                    break
                continue
            out += self.one(depth, bool(out) and _is_number(out[-1]))
        return out

    def one(self, depth: int, after_number: bool = False) -> list[str]:
        """What the next token and its arguments stand for."""
        token = self.tokens[self.at]
        self.at += 1
        token = SYNONYMS.get(token, token)
        if token.isspace() or token in NOTHING:
            return self._spacing(token, after_number)
        if token == "{":
            return self.group(depth + 1)
        if token in FONTS:
            return self._font(depth, after_number)
        if token[0].isalpha() and token.isascii():
            return self._word(token, depth)
        if token in ("^", "_"):
            return self._script(token, depth)
        if token in (r"\frac", r"\binom"):
            return [token, *self._argument(depth, one_digit=True), *self._argument(depth, one_digit=True)]
        if token == r"\sqrt":
            return self._root(depth)
        if token in FUNCTIONS | ACCENTS:
            return self._command(token, depth)
        if token in (r"\begin", r"\end"):
            return self._environment(token)
        if token == r"\\" or token == "&":
            return [token] if self.matrix else [";"] if token != "&" else []
        if token == ",":
            digits = self._peek()
            return [","] if after_number and digits[:1].isdigit() else [";"]
        return [token]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _skip_spaces(self) -> str:
        while self._peek().isspace() or self._peek() in NOTHING:
            self.at += 1
        return self._peek()

    def _spacing(self, token: str, after_number: bool) -> list[str]:
        if token in (r"\left", r"\right") and self._skip_spaces() == ".":
            self.at += 1
        gap = token.isspace() or token in (r"\,", r"\ ", "~", r"\;", r"\:", r"\quad")
        return [r"\gap"] if gap and after_number and self._skip_spaces()[:1].isdigit() else []

    def _raw_group(self) -> str:
        """The text of the next group as it stands, "" where there is none."""
        if self._skip_spaces() != "{":
            return ""
        depth, start = 0, self.at
        while self.at < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
            if depth == 0:
                break
        return "".join(self.tokens[start + 1 : self.at - 1])

    def _font(self, depth: int, after_number: bool) -> list[str]:
        r"""A formula loses its font; words become one token "\text{words}", and so does the m in "12\mathrm{~m}"."""
        inside = re.sub(r"[\s~]+", " ", re.sub(r"(?<!\\)\$", "", self._raw_group().replace("\\ ", " "))).strip()
        if depth > MAX_DEPTH:
            raise _TooDeepError
        separates = re.search(r"\b(?:and|or)\b", inside) or inside in WORDS
        if len(inside) > 1 and _PLAIN_TEXT.fullmatch(inside) and not separates:
            return [rf"\text{{{inside.rstrip('.')}}}"]
        if after_number and len(inside) == 1 and inside.isalpha() and inside not in "ei":
            return [rf"\text{{{inside}}}"]
        reader = _Reader(inside)
        return reader.group(depth + 1) if inside else []

    def _word(self, word: str, depth: int) -> list[str]:
        known = WORDS.get(word) or (WORDS.get(word.lower()) if len(word) > 3 else None)
        if known is not None and known != ";" and self._peek() == "_":
            known = None
        if known in FUNCTIONS:
            return self._command(known, depth)
        if known == r"\sqrt":
            return self._root(depth)
        if known is not None:
            return [known]
        if len(word) == 1:
            return [word]
        words, before = [word], self.tokens[self.at - 2][-1:] if self.at > 1 else ""
        while (
            self.at + 1 < len(self.tokens)
            and self._peek() == " "
            and self.tokens[self.at + 1].isalpha()
            and len(self.tokens[self.at + 1]) > 1
            and self.tokens[self.at + 1] not in WORDS
        ):
            words.append(self.tokens[self.at + 1])
            self.at += 2
        if words == [word] and before and (before.isdigit() or before in ")}") and not _is_unit(word):
            return list(word)  # "2RC" is a product, "12cm" and "12 apples" are not
        return [rf"\text{{{' '.join(words)}}}"]

    def _argument(self, depth: int, one_digit: bool = False) -> list[str]:
        r"""The next argument in braces. After \frac, "12" is the two arguments 1 and 2, as LaTeX has it."""
        following = self._skip_spaces()
        if not following or following == "}":
            return ["{", "}"]
        if one_digit and following.isdigit() and len(following) > 1:
            self.tokens[self.at] = following[1:]
            return ["{", following[0], "}"]
        if following == "{":
            self.at += 1
            return ["{", *self.group(depth + 1), "}"]
        if following in ("-", "+"):
            self.at += 1
            return ["{", following, *self._argument(depth + 1)[1:-1], "}"]
        if depth > MAX_DEPTH:
            raise _TooDeepError
        return ["{", *self.one(depth + 1), "}"]

    def _parenthesis(self, depth: int) -> list[str]:
        """The inside of a parenthesis that starts here, in braces."""
        if depth > MAX_DEPTH:
            raise _TooDeepError
        self.at += 1
        out: list[str] = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in (")", "}"):
            if self.tokens[self.at] == "(":
                out += ["(", *self._parenthesis(depth + 1)[1:-1], ")"]
            else:
                out += self.one(depth, bool(out) and _is_number(out[-1]))
        if self._peek() == ")":
            self.at += 1
        return ["{", *out, "}"]

    def _script(self, token: str, depth: int) -> list[str]:
        following = self._skip_spaces()
        argument = self._parenthesis(depth + 1) if token == "^" and following == "(" else self._argument(depth)
        inside = argument[1:-1]
        if token == "^" and inside in ([r"\degree"], [r"\ast"]):
            return inside
        if token == "^" and inside and set(inside) == {"'"}:
            return inside
        return [token, *argument] if inside else []

    def _root(self, depth: int) -> list[str]:
        index: list[str] = []
        following = self._skip_spaces()
        if following == "[":
            end = next((i for i in range(self.at, min(self.at + 40, len(self.tokens))) if self.tokens[i] == "]"), None)
            if end is not None:
                index = _Reader("".join(self.tokens[self.at + 1 : end])).group(1)
                self.at = end + 1
                following = self._skip_spaces()
        argument = self._parenthesis(depth + 1) if following == "(" else self._argument(depth, one_digit=True)
        return [r"\sqrt", "[", *index, "]", *argument] if index and index != ["2"] else [r"\sqrt", *argument]

    def _command(self, token: str, depth: int) -> list[str]:
        r"""A function's group is a parenthesis ("\exp{a t}"); an accent keeps its argument."""
        if token in ACCENTS:
            return [token, *self._argument(depth)]
        if self._skip_spaces() == "{":
            return [token, "(", *self._argument(depth)[1:-1], ")"]
        return [token]

    def _environment(self, token: str) -> list[str]:
        name = self._raw_group().strip().rstrip("*")
        if name not in _MATRICES:
            return [rf"{token}{{{name}}}"] if name in ("cases", "vmatrix", "Vmatrix") else []
        if token == r"\begin" and name == "array" and self._skip_spaces() == "{":
            self._raw_group()
        self.matrix += 1 if token == r"\begin" else -1
        return [rf"{token}{{matrix}}"]


def _is_unit(word: str) -> bool:
    return word.removesuffix("s") in UNITS or word in UNITS or (len(word) > 3 and word.islower())


def _is_number(token: str) -> bool:
    return token[0].isdigit() or (token[0] == "." and len(token) > 1)


def _commas(tokens: list[str]) -> tuple[Tokens, Tokens]:
    """The commas between digits read as grouping thousands where they can be, and read as separators."""
    grouped: list[str] = []
    listed: list[str] = []
    depth, i = 0, 0
    while i < len(tokens):
        end = i + 1
        if _is_number(tokens[i]):
            while end + 1 < len(tokens) and tokens[end] == "," and _is_number(tokens[end + 1]):
                end += 2
        depth += _DEPTH.get(tokens[i], 0)
        run = "".join(tokens[i:end])
        parts = [";" if token == "," else token for token in tokens[i:end]]
        listed += parts
        thousands = depth == 0 and re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", run)
        grouped += [run.replace(",", "")] if thousands else parts
        i = end
    return tuple(grouped), tuple(listed)
