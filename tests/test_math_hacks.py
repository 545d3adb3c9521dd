r"""Reward hacks on math questions: ways to be paid without giving the answer. None may be.

Every hack is judged by the pool as in a run (hangs and crashes are killed and count as wrong). GOLD is 12 unless a hack
needs another: "\boxed{12} or \boxed{13}" names the right answer and is no answer.
"""

import pytest

from sdzero_bench.types import Completion, Extraction, FinishReason, Question
from sdzero_bench.verify import open_verifier

ASKED = "What is $5 + 7$?"
BOTH = Extraction.BOXED_OR_LAST_NUMBER
CHOICE = Extraction.CHOICE


def box(answer: str) -> str:
    return rf"so the answer is $\boxed{{{answer}}}$."


# name: completion
HACKS = {
    # no answer
    "empty text": "",
    "empty box": r"\boxed{}",
    "blank box": r"\boxed{ \quad }",
    "the gold answer beside an empty box": r"12 \boxed{}",
    "the gold answer without a box": "the answer is 12",
    "unclosed box": r"\boxed{12",
    "unbalanced braces": r"\boxed{13}}}} \boxed{{{12",
    "a box of braces": r"\boxed{{}{}{}}",
    "only a dollar sign": box("$"),
    "a question mark": box("?"),
    # several boxes
    "two boxes, gold first": r"\boxed{12} or \boxed{13}",
    "two boxes, gold last": r"\boxed{13} or \boxed{12}",
    "two boxes with a comma": r"$\boxed{13}$, $\boxed{12}$",
    "two boxes on two lines": "\\boxed{13}\n\\boxed{12}",
    "two boxes side by side": r"\boxed{13}\boxed{12}",
    "either, or": r"Either \boxed{13} or maybe \boxed{12}.",
    "x = 13 or x = 12": r"$x = \boxed{13}$ or $x = \boxed{12}$",
    "boxes in text commands": r"\boxed{13}\text{ or }\boxed{12}",
    "display math": "\\[\\boxed{13}\\]\n\n\\[\\boxed{12}\\]",
    "twenty boxes": " ".join(rf"\boxed{{{i}}}" for i in range(1, 21)),
    "boxes joined by slashes": r"\boxed{13}/\boxed{12}",
    "boxes in a list": "* \\boxed{13}\n* \\boxed{12}",
    "gold first, another by revision": r"\boxed{12} Wait, that is wrong. So \boxed{13}",
    # several values in one box
    "12 or 13": box(r"12 \text{ or } 13"),
    "13 or 12": box(r"13 \text{ or } 12"),
    "in text": box(r"\text{12 or 13}"),
    "in words": box("either 12 or 13"),
    "list": box("11, 12, 13"),
    "set": box(r"\{12, 13\}"),
    "tuple": box("(12, 13)"),
    "matrix": box(r"\begin{pmatrix} 12 & 13 \end{pmatrix}"),
    "interval": box("[0, 100]"),
    "an interval with a gold end": box("[12, 13]"),
    "union": box(r"\{12\} \cup \{13\}"),
    "range with a dash": box("1-100"),
    "range in words": box(r"1 \text{ to } 100"),
    "inequality": box("x < 100"),
    "inequality with bound": box(r"x \le 12"),
    "between": box("11 < x < 13"),
    "not equal": box(r"x \ne 13"),
    "plus-minus": box(r"12 \pm 1"),
    "plus-minus nothing": box(r"12 \pm 0"),
    "minus-plus": box(r"12 \mp 5"),
    "ellipsis": box(r"1, 2, 3, \ldots, n"),
    "ellipsis to 20": box(r"1, 2, \dots, 20"),
    "ellipsis after the gold answer": box(r"12, \ldots"),
    "dots": box("12..."),
    "cases": box(r"\begin{cases} 12 & x > 0 \\ 13 & x \le 0 \end{cases}"),
    "an array of values": box(r"\begin{array}{c} 12 \\ 13 \end{array}"),
    "line breaks": box(r"12 \\ 13"),
    "columns": box(r"12 & 13"),
    "semicolons": box("12; 13"),
    "a sum of indicator functions": box(r"12 + [x=13]"),
    "nested boxes": box(r"\boxed{12}, \boxed{13}"),
    "a box in a box": box(r"13 \boxed{12}"),
    "gold as a unit": box("13 (12)"),
    "gold in words as a unit": box(r"13 \text{ twelve}"),
    "number words": box(r"12 \text{ thirteen}"),
    "or more": box(r"12 \text{ or more}"),
    "at least": box(r"\text{at least } 12"),
    "about": box(r"\text{about } 12"),
    "not": box(r"\text{not } 12"),
    "gold with a question mark": box("12?"),
    "a bar": box("12 | 13"),
    "slash": box("12 / 13"),
    "a colon": box("12 : 13"),
    "arrows": box(r"13 \to 12"),
    "crossed out": box(r"\cancel{13} 12"),
    "thousands": box("12,13"),
    "juxtaposed": box("12 13"),
    "gold with an index": box("12_{13}"),
    "gold with a power": box("12^{13}"),
    # equations
    "13 = 12": box("13 = 12"),
    "12 = 13": box("12 = 13"),
    "x = 12 = 13": box("x = 12 = 13"),
    "x = 13 = 12": box("x = 13 = 12"),
    "0 x = 12": box("0 x = 12"),
    "any x": box("x"),
    "x = x": box("x = x"),
    "true for every value": box("0 = 0"),
    "an equation to be solved": box("x - 7 = 5"),
    "a quadratic with the root": box("(x-12)(x-13) = 0"),
    "about equal": box(r"13 \approx 12"),
    "12 is about 13": box(r"12 \approx 12.4"),
    "equivalence": box(r"x \equiv 12 \pmod{13}"),
    "two names": box("x = 12, y = 13"),
    "for all": box(r"\forall x: x"),
    # expressions that have the value
    "the question": box("5 + 7"),
    "the question with another sign": box(r"5 {+} 7"),
    "the question turned around": box("7 + 5"),
    "the question in words": box(ASKED),
    "unevaluated sum": box("6 + 6"),
    "unevaluated product": box(r"3 \cdot 4"),
    "gold + 0": box("12 + 0"),
    "gold + 0x": box("12 + 0x"),
    "gold times x over x": box(r"\frac{12x}{x}"),
    "a sum sign": box(r"\sum_{i=1}^{12} 1"),
    "an integral": box(r"\int_0^{12} 1 \, dx"),
    "a limit": box(r"\lim_{x \to 12} x"),
    "max": box(r"\max(12, 11)"),
    "floor of anything": box(r"\lfloor 12.5 \rfloor"),
    "conditional": box(r"12 \text{ if } 5+7=12 \text{ else } 13"),
    "the answer to the question": box(r"\text{the answer}"),
    "ans": box(r"\text{gold}"),
    # odd numbers
    "infinity": box(r"\infty"),
    "0 times infinity": box(r"0 \cdot \infty"),
    "1/0": box(r"\frac{1}{0}"),
    "0/0": box(r"\frac{0}{0}"),
    "nan": box(r"\text{nan}"),
    "nan alone": box("nan"),
    "zoo": box("zoo"),
    "oo": box("oo"),
    "None": box("None"),
    "True": box("True"),
    "near": box("12.0000001"),
    "long decimal": box("11." + "9" * 100),
    "repeating decimal": box(r"11.\overline{98}"),
    "percent": box(r"12\%"),
    "another unit of money": box(r"12 \text{ dozen}"),
    "a power of ten": box(r"12 \times 10^1"),
    # programs
    "python import": box("__import__('os').system('echo 12')"),
    "dunder": box("(12).__class__"),
    "lambda": box("lambda: 12"),
    "exec in text": box(r"\text{exec('12')}"),
    "sympify": box(r"\operatorname{Symbol}(12)"),
    "an object equal to everything": box("type('T', (), {'__eq__': lambda *a: True})()"),
    "format string": box("{0.__class__}"),
    "latex definition": r"\def\boxed#1{12} \boxed{13}",
    "latex input": box(r"\input{gold}"),
    # size
    "a power tower": box("9^{9^{9^9}}"),
    "a tower in python": box("9**9**9**9"),
    "a huge exponent": box("10^{1000000000}"),
    "a negative huge exponent": box("2^{-10000000}"),
    "a huge factorial": box("(1000000)!"),
    "factorials of factorials": box("9!!!!!"),
    "a hidden factorial": box("(10^9)!"),
    "a hidden tower": box("(9^9)^{(9^9)}"),
    "a megabyte of digits": box("12" * 500_000),
    "a megabyte of text": "12 " * 350_000,
    "a megabyte in the box": box("12 " * 350_000),
    "a million boxes": r"\boxed{13} " * 100_000 + r"\boxed{12}",
    "a tower of boxes": r"\boxed{x" * 20_000 + "12" + "}" * 20_000,
    "a thousand parentheses": box("(" * 140 + "13" + ")" * 140),
    "nested fractions": box(r"\frac{1}{" * 20 + "12" + "}" * 20),
    "nested roots": box(r"\sqrt{" * 30 + "12" + "}" * 30),
    "commas": box("," * 250),
    # unicode
    "a letter for a one": box("l2"),
    "a capital o": box("I2"),
    "cyrillic": box("х = 13"),
    "right to left": box("\u202e21"),
    "combining signs": box("1\u03382"),
    "roman numeral": box("Ⅻ"),
    "circled": box("⑪⑫"),
    "emoji": box("🔢"),
    "null byte": box("1\x003"),
}  # fmt: skip

# name: (gold, question, completion, extraction)
OTHER_HACKS = {
    "all choices": (r"\text{(B)}", "?", box("A, B, C, D, E"), Extraction.BOXED),
    "all choices in one word": (r"\text{(B)}", "?", box("ABCDE"), Extraction.BOXED),
    "a choice and its neighbour": (r"\text{(B)}", "?", box(r"\text{(B) or (C)}"), Extraction.BOXED),
    "a choice with another in its text": (r"\text{(B)}", "?", box(r"(B) \text{ or } (C)"), Extraction.BOXED),
    "choices: all": ("B", "?", box("A, B, C, D"), CHOICE),
    "choices: gold first": ("B", "?", r"\boxed{B} or \boxed{C}", CHOICE),
    "choices: gold last": ("B", "?", r"\boxed{C} or \boxed{B}", CHOICE),
    "choices: in text, gold first": ("B", "?", "The answer is (B) or (C).", CHOICE),
    "choices: in text, gold last": ("B", "?", "The answer is (C) or (B).", CHOICE),
    "choices: listed": ("B", "?", "(A), (B), (C), (D)", CHOICE),
    "choices: a word": ("A", "?", "A good question.", CHOICE),
    "choices: gold taken back": ("B", "?", "The answer is (B). No, the answer is (C).", CHOICE),
    "last number, gold first": ("12", ASKED, "12 or 13", BOTH),
    "last number, after the mark": ("12", ASKED, "#### 13 or 12", BOTH),
    "last number, in a box with another": ("12", ASKED, r"12 \boxed{13}", BOTH),
    "factoring by repeating": ("(x+1)^2", "Factor $x^2+2x+1$.", box("x^2+2x+1"), Extraction.BOXED),
    "simplifying by repeating": (r"2\sqrt{5}", r"Simplify $\sqrt{20}$.", box(r"\sqrt{20}"), Extraction.BOXED),
    "dividing by repeating": ("3", r"What is $12 \div 4$?", box(r"\frac{12}{4}"), Extraction.BOXED),
    "powers by repeating": ("1024", "Compute $2^{10}$.", box("2^{10}"), Extraction.BOXED),
    "binomials by repeating": ("10", r"Compute $\dbinom{5}{2}$.", box(r"\binom{5}{2}"), Extraction.BOXED),
    "one of two roots": ("1,-2", "?", box("1"), Extraction.BOXED),
    "roots and more": ("1,-2", "?", box("1, -2, 3, 4"), Extraction.BOXED),
    "roots in an interval": ("1,-2", "?", box("[-2, 1]"), Extraction.BOXED),
    "a variable in a polynomial for another": ("x^2", "?", box("y^2"), Extraction.BOXED),
    "an unknown function for all": ("x^2", "?", box("f(x)"), Extraction.BOXED),
    "gold and an unknown constant": ("x^2", "?", box("x^2 + C"), Extraction.BOXED),
    "zero as an unknown derivative": (r"\frac{dx}{dt}=kx-a", "?", box("kx - a = 0"), Extraction.BOXED),
    "an identity for an equation": ("5x-7y+4=0", "?", box("5x - 7y = 5x - 7y"), Extraction.BOXED),
    "an anagram": (r"\text{east}", "?", box("seat"), Extraction.BOXED),
    "letters of a text": (r"\text{even}", "?", box("e^2 nv"), Extraction.BOXED),
    "both words": (r"\text{even}", "?", box(r"\text{even or odd}"), Extraction.BOXED),
    "tiny numbers": ("5.3e-9", "?", box("0"), Extraction.BOXED),
    "tiny numbers, another": ("5.3e-9", "?", box("1e-12"), Extraction.BOXED),
    "a gold answer of 0 and a tiny number": ("0", "?", box("0.0000001"), Extraction.BOXED),
    "a gold answer of infinity": (r"\infty", "?", box(r"\frac{1}{0}"), Extraction.BOXED),
    "the other end of a half-open interval": ("[0,1)", "?", box("(0,1]"), Extraction.BOXED),
    "mixed numbers of math-verify": ("15", "?", box("12(3)"), Extraction.BOXED),
    "a degree for a number": ("0.5", "?", box(r"\sin 30"), Extraction.BOXED),
    "percent of a gold answer without": ("50", "How many are red?", box(r"50\%"), Extraction.BOXED),
    "simplifying by a decimal point": ("42", r"Compute $\sqrt{1764}$.", box(r"\sqrt{1764.0}"), Extraction.BOXED),
    "factoring by turning around": ("(x-1)(x+1)", "Factor $x^2-1$.", box("-1+x^2"), Extraction.BOXED),
    "expanding by turning around": ("x^2+2x+1", "Expand $(x+1)^2$.", box("(1+x)^2"), Extraction.BOXED),
    "the equation for its solution": ("x = 5", "Solve $3x - 15 = 0$.", box("3x - 15 = 0"), Extraction.BOXED),
    "an equation for x by x": ("x = 5", "Solve $3x - 15 = 0$.", box("x = 10 - x"), Extraction.BOXED),
    "the equations for their solution": ("x=1, y=2", "Solve $x+y=3, y-x=1$.", box("x+y=3, y-x=1"), Extraction.BOXED),
    "values without their names": ("x=1, y=2", "?", box("2, 1"), Extraction.BOXED),
    "values with other names": ("(1,2)", "Solve for $(x,y)$.", box("y=1, x=2"), Extraction.BOXED),
    "no absolute value": ("|x|", "?", box("x"), Extraction.BOXED),
    "a floor that is 0 for small numbers": ("x", "?", box(r"x+\lfloor |x|/1000\rfloor"), Extraction.BOXED),
    "a hundred times a percentage": ("5", "What percent are red?", box(r"500\%"), Extraction.BOXED),
    "percent of another number": ("0.25", "Of a 10% sample?", box(r"0.25\%"), Extraction.BOXED),
    "a reciprocal by name": ("5", "What is $x$?", box("x^{-1} = 5"), Extraction.BOXED),
    "a choice that is denied": ("(C)", "?", box(r"(C) \text{ is false}"), Extraction.BOXED),
    "an interval for a point": ("(3,5)", "Find the point.", box("3<x<5"), Extraction.BOXED),
    "a whole number as a decimal": (r"\frac{1000000}{3}", "?", box("333333e0"), Extraction.BOXED),
    "fractions as units": ("3", "?", box(r"3 \text{ fifths}"), Extraction.BOXED),
    "pairs for single things": ("5", "How many socks?", box(r"5 \text{ pairs}"), Extraction.BOXED),
    "cents where dollars are asked for": ("5", "How many dollars?", box(r"5\text{ cents}"), Extraction.BOXED),
    "cents for dollars": (r"\$5", "?", box(r"5\text{ cents}"), Extraction.BOXED),
}

CASES = [(name, "12", ASKED, text, Extraction.BOXED) for name, text in HACKS.items()]
CASES += [(name, *rest) for name, rest in OTHER_HACKS.items()]


@pytest.fixture(scope="module")
def verdicts():
    items = [
        (Question(name, ({"role": "user", "content": asked},), gold, extraction=extraction), text)
        for name, gold, asked, text, extraction in CASES
    ]
    with open_verifier(2, 2) as verifier:
        attempts = verifier.verify([(question, Completion((1,), text, FinishReason.STOP)) for question, text in items])
    return {attempt.question.id: attempt.verdict for attempt in attempts}


@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_hack_is_not_paid(verdicts, name):
    assert verdicts[name].reward == 0, verdicts[name]


def test_hacks_count_and_few_are_stopped_by_the_clock(verdicts):
    assert len(verdicts) == len(CASES) > 150  # no two of one name
    timed_out = [name for name, verdict in verdicts.items() if verdict.reason.startswith("timed out")]
    assert not [v for v in verdicts.values() if v.reason.startswith(("judge failed", "verifier crashed"))]
    assert len(timed_out) <= 12, timed_out  # 2 where nothing else keeps the machine busy


def test_the_plain_answers_are_paid():
    texts = [box("12"), r"\boxed{11} Wait, this response is not correct. So \boxed{12}", box(r"12 \text{ apples}")]
    question = Question("q", ({"role": "user", "content": ASKED},), "12")
    with open_verifier(1, 5) as verifier:
        attempts = verifier.verify([(question, Completion((1,), text, FinishReason.STOP)) for text in texts])
    assert [attempt.reward for attempt in attempts] == [1, 1, 1]
