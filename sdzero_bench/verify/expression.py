r"""A value as explicit LaTeX for math-verify's parser, with the names, functions and operations in it.

Example: "n(n-1)/2E_1" becomes "(\text{va}\cdot(\text{va}-1))/(2\cdot\text{vb})" with va = n, vb = E_1. Explicit because
the parser reads "12(3)" as 15 and "5 5" as 10 (mixed numbers), "n(n-1)" as a function n, "I" as the imaginary unit,
"\gamma" as Euler's constant, \frac{dx}{dt} as 0, capital letters as small ones, and does not know "E_1".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from sdzero_bench.verify.names import Names, NotUnderstoodError
from sdzero_bench.verify.normalise import Tokens
from sdzero_bench.verify.symbols import ACCENTS, FUNCTIONS, GREEK

_CONSTANTS = {r"\pi": r"\pi", "e": "e", "i": "I"}
_PLAIN_FUNCTIONS = {r"\max", r"\min", r"\gcd", r"\lcm"}
_USUAL_FUNCTIONS = {"f", "g", "h", "F", "G", "H", "u", r"\delta", r"\phi", r"\psi", r"\zeta"}
_DIFFERENTIAL = re.compile(r"d |d$|\\partial |\\text\{d[a-z]")
_BRACKETS = {"(": ")", "[": "]"}
_ROUND = {r"\lfloor": r"\rfloor", r"\lceil": r"\rceil"}
_OPERANDS = {*_BRACKETS, *_ROUND, *_CONSTANTS, *_PLAIN_FUNCTIONS, r"\frac", r"\sqrt", r"\binom"}
_OPERANDS |= GREEK | FUNCTIONS | ACCENTS


@dataclass(frozen=True, slots=True)
class Expression:
    """One side of a comparison."""

    latex: str
    names: frozenset[str]  # variables and functions in it
    operations: tuple[str, ...]  # "+", "*", "/", "^", "!", "root", "binom", "function", "abs", "floor", one by one


def bare_names(*sides: Tokens) -> set[str]:
    """Names in the gold answer that are no functions: "n" in "n(n-1)", "m" in "m(a+b)", but not "u" in "u(t)"."""
    bare: set[str] = set()
    for tokens in sides:
        reader = _Reader(tokens, None)
        reader.whole()
        bare |= reader.bare
    return bare


def read_expression(tokens: Tokens, names: Names) -> Expression:
    """Raises NotUnderstoodError."""
    reader = _Reader(tokens, names)
    latex = reader.whole()
    return Expression(latex, frozenset(reader.used), tuple(reader.operations))


class _Piece(NamedTuple):
    """LaTeX and how tightly it holds together. Parentheses stand only where needed: the parser is slow on them."""

    latex: str
    level: int  # SUM, PRODUCT, POWER or ATOM

    def at_least(self, level: int) -> str:
        return self.latex if self.level >= level else f"({self.latex})"


_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class _Reader:
    """Recursive descent over the tokens: sum, product, power, atom."""

    def __init__(self, tokens: Tokens, names: Names | None) -> None:
        self.tokens = tokens
        self.at = 0
        self.collect = names is None  # only which names stand bare
        self.names = names or Names()
        self.used: set[str] = set()
        self.bare: set[str] = set()
        self.operations: list[str] = []
        self.in_bars = 0

    def whole(self) -> str:
        if not self.tokens or len(self.tokens) > 2000:
            raise NotUnderstoodError
        out = self.sum().latex
        if self.at != len(self.tokens):
            raise NotUnderstoodError
        return out

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, token: str) -> None:
        if self.peek() != token:
            raise NotUnderstoodError
        self.at += 1

    def accept(self, *tokens: str) -> str:
        """The next token if it is one of these, else ""."""
        token = self.peek()
        if token not in tokens:
            return ""
        self.at += 1
        return token

    def sum(self) -> _Piece:
        out = self.signed_product()
        while sign := self.accept("+", "-"):
            self.operations.append("+")
            out = _Piece(out.latex + sign + self.signed_product().at_least(_PRODUCT), _SUM)
        return out

    def signed_product(self) -> _Piece:
        negative = False
        while sign := self.accept("+", "-"):
            negative ^= sign == "-"
        out = self.product()
        return _Piece(f"-{out.at_least(_PRODUCT)}", _SUM) if negative else out

    def product(self) -> _Piece:
        out = self.implicit_product()
        while sign := self.accept(r"\cdot", "/"):
            negative = self.accept("-")
            right = self.implicit_product()
            right = _Piece(f"-{right.at_least(_PRODUCT)}", _SUM) if negative else right
            self.operations.append("*" if sign == r"\cdot" else "/")
            if sign == "/":
                out = _Piece(rf"\frac{{{out.latex}}}{{{right.latex}}}", _POWER)
            else:
                out = _Piece(rf"{out.at_least(_PRODUCT)}\cdot {right.at_least(_PRODUCT)}", _PRODUCT)
        return out

    def implicit_product(self) -> _Piece:
        r"""Factors side by side. They bind tighter than "/" ("a/bc"), but not than a plain fraction's ("1/2 n")."""
        out = self.fraction_of_numbers() or self.power()
        while self.starts_operand():
            if _number(self.peek()) and _number(self.tokens[self.at - 1]):
                raise NotUnderstoodError  # "5 5"
            self.operations.append("*")
            out = _Piece(rf"{out.at_least(_PRODUCT)}\cdot {self.power().at_least(_PRODUCT)}", _PRODUCT)
        return out

    def fraction_of_numbers(self) -> _Piece | None:
        mixed = (
            self.peek().isdigit()
            and self.peek(1) == r"\frac"
            and self.peek(3).isdigit()
            and self.peek(6).isdigit()
            and (self.peek(4), self.peek(7)) == ("}", "}")
        )
        if mixed:
            out = rf"{self.peek()}+\frac{{{self.peek(3)}}}{{{self.peek(6)}}}"
            self.at += 8
            return _Piece(out, _SUM)
        plain = self.peek().isdigit() and self.peek(1) == "/" and self.peek(2).isdigit()
        if plain and self.peek(3) not in ("^", "!", "_"):
            out = rf"\frac{{{self.peek()}}}{{{self.peek(2)}}}"
            self.operations.append("/")
            self.at += 3
            return _Piece(out, _POWER)
        return None

    def starts_operand(self) -> bool:
        token = self.peek()
        if token == "|":
            return not self.in_bars
        return _number(token) or token.isalpha() or token in _OPERANDS or token.startswith(r"\text{")

    def power(self) -> _Piece:
        out = self.atom()
        while sign := self.accept("!", "^"):
            self.operations.append(sign)
            if sign == "^":
                out = _Piece(rf"{out.at_least(_ATOM)}^{{{self.argument()}}}", _POWER)
            elif self.peek() == "!":
                raise NotUnderstoodError  # a double factorial is no factorial of a factorial
            else:
                out = _Piece(f"{out.at_least(_ATOM)}!", _POWER)
        return out

    def argument(self) -> str:
        self.take("{")
        out = self.sum().latex
        self.take("}")
        return out

    def atom(self) -> _Piece:
        token = self.peek()
        if _number(token):
            self.at += 1
            return _exact(token)
        if self.accept(*_BRACKETS):
            out = self.sum()
            self.take(_BRACKETS[token])
            return out
        if self.accept(*_ROUND):
            self.operations.append("floor")
            out = _Piece(rf"{token} {self.sum().latex}{_ROUND[token]}", _ATOM)
            self.take(_ROUND[token])
            return out
        if self.accept("|"):
            self.in_bars += 1
            self.operations.append("abs")
            out = _Piece(f"|{self.sum().latex}|", _ATOM)
            self.in_bars -= 1
            self.take("|")
            return out
        if token in (r"\frac", r"\binom"):
            return self.fraction(token)
        if token == r"\sqrt":
            return self.root()
        if token in FUNCTIONS:
            return self.function(token)
        if token in _PLAIN_FUNCTIONS:
            return self.plain_function(token)
        return self.name()

    def fraction(self, token: str) -> _Piece:
        derivative = self.derivative()
        if derivative:
            return derivative
        self.at += 1
        self.operations.append("/" if token == r"\frac" else "binom")
        return _Piece(rf"{token}{{{self.argument()}}}{{{self.argument()}}}", _POWER)

    def derivative(self) -> _Piece | None:
        r"""\frac{dx}{dt}, \frac{d^2 x}{dt^2}, \frac{\partial f}{\partial x}: a name."""
        ends = []
        depth = 0
        for i in range(self.at + 1, len(self.tokens)):
            depth += {"{": 1, "}": -1}.get(self.tokens[i], 0)
            if depth == 0:
                ends.append(i)
                if len(ends) == 2:
                    break
        if self.peek() != r"\frac" or len(ends) < 2:
            return None
        above, below = self.tokens[self.at + 2 : ends[0]], self.tokens[ends[0] + 2 : ends[1]]
        if not all(_DIFFERENTIAL.match(" ".join(part)) and len(part) < 12 for part in (above, below)):
            return None
        if " ".join(above) == "d":  # "\frac{d}{dx}" waits for its function
            raise NotUnderstoodError
        letters = "".join(token.removeprefix(r"\text{").rstrip("}") for token in self.tokens[self.at : ends[1]])
        self.at = ends[1] + 1
        self.used.add(letters)
        self.bare.add(letters)
        return _Piece(self.names.symbol(letters), _ATOM)

    def root(self) -> _Piece:
        self.at += 1
        self.operations.append("root")
        index = ""
        if self.accept("["):
            index = self.sum().latex
            self.take("]")
        return _Piece(rf"\sqrt[{index}]{{{self.argument()}}}" if index else rf"\sqrt{{{self.argument()}}}", _POWER)

    def function(self, token: str) -> _Piece:
        self.at += 1
        self.operations.append("function")
        power = base = ""
        while script := self.accept("^", "_"):
            if script == "^":
                power = self.argument()
            else:
                base = self.argument()
        if base and token != r"\log":
            raise NotUnderstoodError
        if power == "-1" and token not in (r"\log", r"\ln", r"\exp"):
            token, power = rf"\arc{token[1:]}", ""
            if token not in FUNCTIONS:
                raise NotUnderstoodError
        opening = self.accept(*_BRACKETS)
        if opening:
            inside = self.sum().latex
            self.take(_BRACKETS[opening])
        else:
            inside = self.loose_argument()
        out = rf"{token}_{{{base}}}({inside})" if base else rf"{token}({inside})"
        return _Piece(f"({out})^{{{power}}}", _POWER) if power else _Piece(out, _POWER)

    def loose_argument(self) -> str:
        r"""The factors after a function without parentheses, up to the next sign or function: "\sin 2x \cos x"."""
        negative = self.accept("-")
        out = self.fraction_of_numbers() or self.power()
        while self.starts_operand() and self.peek() not in FUNCTIONS and self.peek() not in ("(", "["):
            out = _Piece(rf"{out.at_least(_PRODUCT)}\cdot {self.power().at_least(_PRODUCT)}", _PRODUCT)
        return f"-{out.at_least(_PRODUCT)}" if negative else out.latex

    def arguments(self) -> str:
        self.take("(")
        out = [self.sum().latex]
        while self.accept(";", ","):
            out.append(self.sum().latex)
        self.take(")")
        return ",".join(out)

    def plain_function(self, token: str) -> _Piece:
        self.at += 1
        self.operations.append("function")
        name = r"\operatorname{lcm}" if token == r"\lcm" else token
        return _Piece(f"{name}({self.arguments()})", _POWER)

    def name(self) -> _Piece:
        token = self.peek()
        if token.startswith(r"\text{"):
            return self.letters(token)
        letter = len(token) == 1 and token.isascii() and token.isalpha()
        if not (letter or token in GREEK or token in _CONSTANTS or token in ACCENTS):
            raise NotUnderstoodError
        start = self.at
        self.at += 1
        if token in ACCENTS:
            self.skip_group()
        while script := self.accept("_", "'"):
            if script == "_":
                self.skip_group()
        name = " ".join(self.tokens[start : self.at])
        if name in _CONSTANTS:
            return _Piece(_CONSTANTS[name], _ATOM)
        self.used.add(name)
        if self.peek() == "(" and name not in self.names.bare and not self.collect:
            self.operations.append("function")
            return _Piece(f"{self.names.function(name)}({self.arguments()})", _POWER)
        # Before a parenthesis only a usual letter, or one with a mere name or number in it, is a function.
        if self.peek() != "(" or not (name in _USUAL_FUNCTIONS or self.peek(2) in (")", ";") or self.peek(3) == ")"):
            self.bare.add(name)
        return _Piece(self.names.symbol(name), _ATOM)

    def letters(self, token: str) -> _Piece:
        """A run of letters in a formula is their product."""
        letters = token[6:-1]
        if not (letters.isalpha() and len(letters) <= 6) or self.peek(1) == "_":
            raise NotUnderstoodError
        self.at += 1
        self.used |= set(letters) - set(_CONSTANTS)
        self.bare |= set(letters)
        self.operations.append("*")
        product = r"\cdot ".join(_CONSTANTS.get(letter) or self.names.symbol(letter) for letter in letters)
        return _Piece(product, _PRODUCT)

    def skip_group(self) -> None:
        self.take("{")
        depth = 1
        while depth:
            if self.at >= len(self.tokens):
                raise NotUnderstoodError
            depth += {"{": 1, "}": -1}.get(self.peek(), 0)
            self.at += 1


def _number(token: str) -> bool:
    return token[:1].isdigit() or (token[:1] == "." and token[1:].isdigit())


def _exact(number: str) -> _Piece:
    """A decimal as a fraction: comparisons with floats are up to rounding."""
    whole, _, places = number.partition(".")
    if not places:
        return _Piece(whole.lstrip("0") or "0", _ATOM)
    return _Piece(rf"\frac{{{(whole + places).lstrip('0') or '0'}}}{{1{'0' * len(places)}}}", _POWER)
