r"""Whether an answer is the gold answer: first its form (how many values, in which order), then value by value.

Example: gold "1 \pm \sqrt{19}" against "\{1-\sqrt{19}, 1+\sqrt{19}\}": two values each, equal in some order. Values
that need computer algebra go to an `Algebra`; without one (in the parent process) `UndecidedError` is raised instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sdzero_bench.verify.asked import (
    asks_percent,
    asks_point,
    counts_otherwise,
    differently_named,
    in_order_of_names,
)
from sdzero_bench.verify.expression import Expression, bare_names, read_expression
from sdzero_bench.verify.names import Names, NotUnderstoodError
from sdzero_bench.verify.normalise import Tokens, readings
from sdzero_bench.verify.numerals import Numeral, is_rounded, read_numeral, same_number
from sdzero_bench.verify.restated import asks_for, restates
from sdzero_bench.verify.structure import Kind, Node, parse
from sdzero_bench.verify.units import known_unit, split_unit
from sdzero_bench.verify.written import compare_as_written, words

MAX_VALUES = 100  # of a list: more are only compared as they are written

MAX_OPERATIONS = 3  # in a number: "\frac{10!}{5!}" is one, a tower of fractions is none

_UNFINISHED = {"+", "*", "function", "abs", "floor"}  # operations that a number's final form does not have
_CHOICE = re.compile(r"\( ([A-J]) \)(?: (.*))?")
_TAKEN_BACK = re.compile(  # "(C) is false"
    r"\\text\{(?:is|are|was|isn|can|may|might|could|would|should|does|fails?|cannot)\b"
    r"(?! (?:the )?(?:correct|right|true|answer))"
)
_INEQUALITY = {"<", ">", r"\le", r"\ge"}


class UndecidedError(Exception):
    """The comparison needs computer algebra, and there is none here."""


class Algebra(Protocol):
    """Computer algebra on values that have been read."""

    def same_value(self, gold: Expression, answer: Expression) -> bool:
        """Whether two expressions are equal for all values of their names."""

    def same_equation(self, gold: tuple[Expression, Expression], answer: tuple[Expression, Expression]) -> bool:
        """Whether two equations hold for the same values of their names: equal up to a factor that is a number."""

    def rounds_to(self, exact: Expression, decimal: Numeral) -> bool:
        """Whether a decimal is a constant, cut or rounded in the last place."""

    def same_set(self, gold: Node, answer: Node) -> bool:
        """Whether two unions, differences, intervals are the same set of numbers."""


@dataclass(frozen=True)
class Comparison:
    """What the comparisons of one answer share."""

    question: str  # its text
    algebra: Algebra | None

    def answers(self, gold: str, answer: str) -> bool:
        """Whether `answer` is right in one of the ways to read it. Raises UndecidedError."""
        undecided = False
        for gold_tokens in readings(gold):
            for tokens in readings(answer):
                try:
                    if self._whole(gold_tokens, tokens):
                        return True
                except UndecidedError:
                    undecided = True
        if undecided:
            raise UndecidedError
        return False

    def _whole(self, gold: Tokens, answer: Tokens) -> bool:
        if gold == answer:
            return bool(gold)
        wanted, given = _CHOICE.fullmatch(" ".join(gold)), _CHOICE.fullmatch(" ".join(answer))
        if wanted and not wanted[2]:
            if answer == (wanted[1],):
                return True
            rest = (given[2] if given else "") or ""
            alone = not re.search(r"\( [A-J] \)|;", rest) and not _TAKEN_BACK.match(rest)
            return bool(given and given[1] == wanted[1] and alone)
        wanted_node, given_node = parse(gold), parse(answer)
        right = self.equal(wanted_node, given_node)
        if not right and given and given[2] and given[1] not in gold and re.match(r"[0-9\\A-Za-z-]", given[2]):
            right = self.equal(wanted_node, parse(answer[3:]))  # "(B) 24"
        wanted_value, value = (
            split_unit(_final(node).tokens, letter_units=False)[0] for node in (wanted_node, given_node)
        )
        return right and (value == wanted_value or not restates(value, wanted_value, self.question))

    def equal(self, gold: Node, answer: Node) -> bool:
        """Whether two forms are the same answer."""
        if gold.key == answer.key and gold.key:
            return True
        if gold.kind in (Kind.NAMED, Kind.EQUATION) or answer.kind in (Kind.NAMED, Kind.EQUATION):
            return self._equations(gold, answer)
        if answer.kind is Kind.APPROXIMATION:
            return self._approximation(gold, answer)
        if gold.kind is Kind.APPROXIMATION:
            return any(self.equal(side, answer) for side in gold.items)
        gold, answer = _single(gold), _single(answer)
        if gold.kind is answer.kind is Kind.TUPLE:
            return gold.brackets == answer.brackets and self._in_order(gold.items, answer.items)
        if gold.kind is answer.kind is Kind.LIST:
            if differently_named(gold.items) and any(item.kind is not Kind.NAMED for item in answer.items):
                return self._in_order(gold.items, answer.items)  # "1, 2" for "x = 1, y = 2"
            return self._in_any_order(gold.items, answer.items)
        kinds = {gold.kind, answer.kind}
        if Kind.UNION in kinds or _is_set_expression(gold) or _is_set_expression(answer):
            return self._unions(gold, answer)
        if kinds <= {Kind.SET, Kind.LIST}:
            return self._as_sets(gold.items, answer.items)
        if gold.kind is Kind.VALUE and answer.kind is Kind.LIST:  # "\frac{1}{2} or 0.5": the same value twice
            return self._all_equal(gold, answer.items)
        if kinds == {Kind.TUPLE, Kind.LIST}:  # (2, 3) without its parentheses
            tuple_ = gold if gold.kind is Kind.TUPLE else answer
            sides = [in_order_of_names(node.items, self.question) for node in (gold, answer)]
            return tuple_.brackets == "()" and self._in_order(*sides)
        if Kind.MATRIX in kinds:
            return self._matrices(gold, answer)
        if kinds <= {Kind.VALUE, Kind.TEXT}:
            return self._values(gold, answer)
        return False

    def _in_order(self, gold: Sequence[Node], answer: Sequence[Node]) -> bool:
        return len(gold) == len(answer) <= MAX_VALUES and all(map(self.equal, gold, answer))

    def _in_any_order(self, gold: Sequence[Node], answer: Sequence[Node]) -> bool:
        """Equal one to one. Taking the first that is equal is enough, as equality is transitive."""
        if len(gold) != len(answer) or len(gold) > MAX_VALUES:
            return False
        left = list(answer)
        todo = []
        for wanted in gold:
            same = next((node for node in left if node.key == wanted.key), None)
            if same is None:
                todo.append(wanted)
            else:
                left.remove(same)
        for wanted in todo:
            found = next((node for node in left if self.equal(wanted, node)), None)
            if found is None:
                return False
            left.remove(found)
        return True

    def _as_sets(self, gold: Sequence[Node], answer: Sequence[Node]) -> bool:
        if max(len(gold), len(answer)) > MAX_VALUES:
            return False
        return all(any(self.equal(a, b) for b in answer) for a in gold) and all(
            any(self.equal(a, b) for a in gold) for b in answer
        )

    def _equations(self, gold: Node, answer: Node) -> bool:
        if gold.kind is Kind.NAMED and answer.kind is Kind.NAMED and gold.name == answer.name:
            right = self._all_equal(gold.items[-1], answer.items)
            return right or (not _is_solved(gold) and self._same_equation(gold, answer))
        both = {gold.kind, answer.kind} <= {Kind.NAMED, Kind.EQUATION}
        if both:  # "3x = 15" is not solved for "x = 5"
            return not _is_solved(gold) and self._same_equation(gold, answer)
        if answer.kind is Kind.NAMED:
            if answer.name.endswith("^ { - 1 }") and answer.items[-1].kind is Kind.VALUE:  # "x^{-1} = 5" is x = 1/5
                return False
            if gold.kind is Kind.TUPLE and not _INEQUALITY.isdisjoint(answer.tokens) and asks_point(self.question):
                return False
            return self._all_equal(gold, answer.items)
        if gold.kind is Kind.NAMED:
            abbreviations = gold.name.startswith(r"\text{") and gold.items[-1].kind is Kind.TEXT
            return not abbreviations and self.equal(gold.items[-1], answer)
        if answer.kind is Kind.EQUATION:  # "m + n = 110" where the question asks for m + n, or "12 = 12"
            named = _has_names(answer.items[0].tokens) and asks_for(self.question, answer.items[0].tokens)
            return self._all_equal(gold, answer.items[1:] if named else answer.items)
        return False

    def _all_equal(self, gold: Node, answers: Sequence[Node]) -> bool:
        """Whether every link of the chain "= 3 + 9 = 12" is right; the last has to be in its final form."""
        if not self.equal(gold, answers[-1]):
            return False
        return all(self._link(gold, link) for link in answers[:-1])

    def _link(self, gold: Node, link: Node) -> bool:
        if gold.kind is not Kind.VALUE or link.kind is not Kind.VALUE:
            return self.equal(gold, link)
        return self._values(gold, link, finished=False)

    def _same_equation(self, gold: Node, answer: Node) -> bool:
        sides = [_sides(gold), _sides(answer)]
        if not all(sides):
            return False
        if {sides[0][0], sides[0][1]} == {sides[1][0], sides[1][1]}:
            return True
        if all(len(side) == 1 and side[0].startswith(r"\text{") for side in sides[0]):
            return False  # abbreviations: MR is no product
        expressions = _read(*sides[0], *sides[1], gold=2)
        if expressions is None:
            return False
        left, right, answer_left, answer_right = expressions
        if left.names | right.names != answer_left.names | answer_right.names:
            return False
        return self._algebra.same_equation((left, right), (answer_left, answer_right))

    def _approximation(self, gold: Node, answer: Node) -> bool:
        r"""Whether "\frac{1}{3} \approx 0.33" is right: the decimal has to be what is before it, rounded."""
        exact, decimal = answer.items
        if exact.kind is not Kind.VALUE or not (self.equal(gold, exact) or self.equal(gold, decimal)):
            return False
        rounded = read_numeral(decimal.tokens, letter_units=True)
        if rounded is None or not rounded.digits or rounded.value.denominator == 1:
            return False
        number = read_numeral(exact.tokens, letter_units=True)
        if number is not None:
            return is_rounded(rounded, number.value)
        expressions = _read(exact.tokens)
        return expressions is not None and self._algebra.rounds_to(expressions[0], rounded)

    def _unions(self, gold: Node, answer: Node) -> bool:
        parts = [node.items if node.kind in (Kind.UNION, Kind.LIST) else (node,) for node in (gold, answer)]
        mine, theirs = ([_unnamed(node) for node in side] for side in parts)
        if len(mine) == len(theirs) > 1 and self._in_any_order(mine, theirs):
            return True
        sets = (Kind.TUPLE, Kind.SET, Kind.UNION)
        if answer.kind is Kind.LIST or not all(node.kind in sets or _is_set_expression(node) for node in mine + theirs):
            return False
        return self._algebra.same_set(gold, answer)

    def _matrices(self, gold: Node, answer: Node) -> bool:
        if gold.kind is answer.kind:
            return self._in_order(gold.items, answer.items)
        vector = [_entries(node) for node in (gold, answer)]
        return all(vector) and self._in_order(*vector)

    def _values(self, gold: Node, answer: Node, *, finished: bool = True) -> bool:
        if not (gold.tokens and answer.tokens):
            return False
        if Kind.TEXT in (gold.kind, answer.kind):
            return words(gold.tokens) == words(answer.tokens) != ""
        if counts_otherwise(answer.tokens, gold.tokens, self.question):
            return False
        number = read_numeral(gold.tokens, letter_units=False)
        letter_units = number is not None and not self._is_variable(answer.tokens[-1])
        given = read_numeral(answer.tokens, letter_units=letter_units)
        if number and given:
            return same_number(number, given, asks_percent=asks_percent(self.question))
        written = compare_as_written(gold.key, answer.key, self.question)
        return self._expressions(gold, answer, number, given, finished) if written is None else written

    def _is_variable(self, letter: str) -> bool:
        """Whether the question has a variable of that name: then "6m" is no 6 metres."""
        name = re.escape(letter)
        return re.search(rf"\$\s*{name}\s*[$=<>,+\\-]|[-+=]\s*{name}\s*\$", self.question) is not None

    def _expressions(
        self, gold: Node, answer: Node, number: Numeral | None, given: Numeral | None, finished: bool
    ) -> bool:
        (gold_tokens, *gold_unit), (tokens, *unit) = (
            split_unit(node.tokens, letter_units=False) for node in (gold, answer)
        )
        units = {known_unit(*gold_unit), known_unit(*unit)} - {None}
        if len(units) > 1:
            return False
        expressions = _read(gold_tokens, tokens)
        if expressions is None:
            return False
        wanted, found = expressions
        if wanted.names != found.names or (number and finished and _is_unfinished(found)):
            return False
        if given is not None and given.digits and not wanted.names and self._algebra.rounds_to(wanted, given):
            return given.digits >= 6
        return self._algebra.same_value(wanted, found)

    @property
    def _algebra(self) -> Algebra:
        if self.algebra is None:
            raise UndecidedError
        return self.algebra


def unfinished(gold: str, answer: str) -> bool:
    """Whether a number was asked for and `answer` leaves arithmetic to be done: "2+2"."""
    nodes = [parse(readings(text)[0]) for text in (gold, answer)]
    if any(node.kind is not Kind.VALUE for node in nodes) or not read_numeral(nodes[0].tokens, letter_units=False):
        return False
    expressions = None if read_numeral(nodes[1].tokens, letter_units=True) else _read(nodes[1].tokens)
    return expressions is not None and not expressions[0].names and _is_unfinished(expressions[0])


def _is_unfinished(number: Expression) -> bool:
    return len(number.operations) > MAX_OPERATIONS or not _UNFINISHED.isdisjoint(number.operations)


def _read(*sides: Tokens, gold: int = 1) -> list[Expression] | None:
    """Expressions with shared names, the first `gold` of them of the gold answer; None where one is not understood."""
    try:
        names = Names(bare=bare_names(*sides[:gold]))
        return [read_expression(side, names) for side in sides]
    except NotUnderstoodError:
        return None


def _single(node: Node) -> Node:
    r"""\{3\} is 3."""
    return node.items[0] if node.kind is Kind.SET and len(node.items) == 1 else node


def _unnamed(node: Node) -> Node:
    return node.items[-1] if node.kind is Kind.NAMED else node


def _final(node: Node) -> Node:
    return node.items[-1] if node.kind in (Kind.NAMED, Kind.EQUATION) else node


def _has_names(tokens: Tokens) -> bool:
    expressions = _read(tokens)
    return expressions is not None and bool(expressions[0].names)


def _is_solved(equation: Node) -> bool:
    """Whether it gives the number that a name stands for: "x = 5"."""
    value = equation.items[-1]
    return equation.kind is Kind.NAMED and value.kind is Kind.VALUE and not _has_names(value.tokens)


def _is_set_expression(node: Node) -> bool:
    return node.kind is Kind.VALUE and (r"\setminus" in node.tokens or node.tokens[:1] == (r"\mathbb",))


def _entries(node: Node) -> tuple[Node, ...]:
    """The entries of a row or column vector, () for anything else."""
    if node.kind is Kind.TUPLE and node.brackets == "()":
        return node.items
    if node.kind is not Kind.MATRIX:
        return ()
    if len(node.items) == 1:
        return node.items[0].items
    return tuple(row.items[0] for row in node.items) if all(len(row.items) == 1 for row in node.items) else ()


def _sides(equation: Node) -> tuple[Tokens, ...]:
    if equation.kind is Kind.NAMED and len(equation.items) == 1:
        return tuple(equation.name.split(" ")), equation.items[0].tokens
    if equation.kind is Kind.EQUATION and len(equation.items) == 2:
        return equation.items[0].tokens, equation.items[1].tokens
    return ()
