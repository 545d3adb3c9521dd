r"""What math-verify alone gets wrong on gold answers of real benchmarks, and our layer gets right.

Each verdict of math-verify is computed here (gold and answer each in a box, its default settings), so a release of it
that does better shows: such a line can go, and perhaps the code that it is the reason for.
"""

import json
import logging
import os
from pathlib import Path

import pytest
from math_verify import parse, verify

from sdzero_bench.types import Question
from sdzero_bench.verify.math import judge

# benchmark, gold answer, answer, right verdict, what math-verify does
WRONG = (
    # says equal
    ("math500", r"5.4 \text{ cents}", r"5.4\text{ dollars}", 0, "drops every unit"),
    ("math500", r"15\mbox{ cm}^2", r"15\text{ cm}^3", 0, "drops the unit with its power"),
    ("olympiadbench", "$6m$", "6", 0, "takes the variable m for metres"),
    ("minervamath", r"\frac{1}{m} t", r"\frac{1}{m}", 0, "takes the variable t for tonnes"),
    ("math500", "52_8", "52_9", 0, "drops the base"),
    ("math500", r"\text{(E)}", "e", 0, "ignores case"),
    ("olympiadbench", r"$\frac{N}{2}$", r"\frac{n}{2}", 0, "ignores the case of variables"),
    ("math500", "1,-2", "1,-2,-2", 0, "takes a list for a set"),
    ("olympiadbench", "16,3,1,1", "16,16,3,1", 0, "takes a list for a set"),
    ("math500", "2", r"2 \pm 0", 0, "takes two equal values for one"),
    ("math500", "5", "6=5", 0, "takes the last link of a chain of equations"),
    ("math500", "5", "x - 1 = 5", 0, "takes the right side of any equation"),
    ("math500", "5", "2x = 5", 0, "takes the right side of any equation"),
    ("math500", "12", r"12 \approx 13", 0, "takes what is before an approximation"),
    ("math500", "50", r"50\%", 0, "takes a number and its hundredth for equal"),
    ("math500", "15", "12(3)", 0, "reads a product as a mixed number"),
    ("math500", "10", "5 5", 0, "adds numbers that stand side by side"),
    ("math500", "12", "3+9", 0, "does the arithmetic for the answer"),
    ("math500", "12", r"\sum_{i=1}^{12} 1", 0, "does the sum for the answer"),
    ("minervamath", r"\frac{d x}{d t}=k x-a", "0 = kx - a", 0, "differentiates x to 0"),
    ("minervamath", "MR=SRMC", "RM=CMRS", 0, "reads words as products of letters"),
    ("minervamath", r"\frac{1}{3} E_{1}+\frac{2}{3} E_{2}", r"\frac{2}{3}E_1+\frac13E_2", 0, "drops the indices of E"),
    ("math500", ".0000672", ".0000674", 0, "rounds to six decimals"),
    # says not equal
    ("math500", r"2\sqrt{113}", r"2\sqrt{113}.", 1, "stumbles over a full stop"),
    ("math500", r"5.4 \text{ cents}", r"5.4 \text{ cents}\,", 1, "stumbles over a thin space behind a unit"),
    ("math500", "10,\\!080", r"10\,080", 1, "reads groups of thousands as a list or a product"),
    ("math500", r"15\mbox{ cm}^2", "15 square centimeters", 1, "knows few units"),
    ("math500", r"90^\circ", "90°", 1, "does not know the degree sign"),
    ("math500", r"\text{(E)}", r"\textbf{(E)}\ 12", 1, "does not take a choice with its value"),
    ("math500", r"\begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}", "(-7, 16, 5)", 1, "tells a column from a point"),
    ("math500", r"(2,\infty)", "x > 2", 1, "tells an inequality from its interval"),
    ("math500", r"(-\infty, 2) \cup (3, \infty)", r"x<2 \text{ or } x>3", 1, "tells them from their union"),
    ("math500", "6+9i", "6 + 9 i", 1, "takes 9i for a variable"),
    ("olympiadbench", "62.5%", "62.5", 1, "does not take the number of a percentage"),
    ("minervamath", "5.3e-9", r"5.3 \times 10^{-9}", 1, "reads e as Euler's number"),
    ("minervamath", "3e8", "300000000", 1, "reads e as Euler's number"),
    ("minervamath", "np.arcsin(10/13)", r"\arcsin\frac{10}{13}", 1, "reads Python's name as letters"),
    ("minervamath", r"-8-8 \sqrt{3} i", r"16e^{4\pi i/3}", 1, "takes i for a variable"),
)  # fmt: skip
IDS = [f"{name}: {gold} | {answer}" for name, gold, answer, *_ in WRONG]


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.CRITICAL, logger="math_verify")


@pytest.mark.parametrize(("_name", "gold", "answer", "right", "_reason"), WRONG, ids=IDS)
def test_math_verify_is_wrong_and_the_judge_is_right(_name, gold, answer, right, _reason):
    boxed = [parse(rf"\boxed{{{text}}}") for text in (gold, answer)]
    assert verify(*boxed) == (not right)
    question = Question("q", ({"role": "user", "content": "?"},), gold)
    assert judge(question, rf"\boxed{{{answer}}}").reward == right


@pytest.mark.skipif(
    "SDZERO_BENCH_DATA" not in os.environ, reason="SDZERO_BENCH_DATA names no folder with math500.jsonl"
)
def test_these_gold_answers_are_real():
    folder = Path(os.environ["SDZERO_BENCH_DATA"])
    for name in {row[0] for row in WRONG}:
        answers = {json.loads(line)["answer"] for line in (folder / f"{name}.jsonl").read_text().splitlines()}
        assert {gold for set_, gold, *_ in WRONG if set_ == name} <= answers, name
