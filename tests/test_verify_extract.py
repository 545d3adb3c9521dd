import time

import pytest

from sdzero_bench.types import Extraction
from sdzero_bench.verify.extract import extract_answer, last_boxed, last_number


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{12}", "12"),
        (r"\boxed{1} Wait, this response is not correct, let me start over. \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),  # escaped braces are no braces
        (r"\boxed{\left\{ x }", r"\left\{ x"),
        (r"\boxed {7}", "7"),
        (r"\fbox{7}", "7"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed{ \boxed{\boxed{5} } }", "5"),
        (r"\boxed{x = \boxed{5}}", r"x = \boxed{5}"),
        (r"\boxed{ \boxed{3} and \boxed{4} }", r"\boxed{3} and \boxed{4}"),
        (r"\boxed{12", None),
        (r"\boxed{\frac{1}{2}", None),
        (r"\boxed{3} then \boxed{4", "3"),
        (r"\boxed{4 ... \boxed{7}", "7"),
        (r"\boxed{}", None),
        (r"\boxed{ }", None),
        (r"\boxed{\boxed{}}", None),
        (r"\boxed{8}, as asked within \boxed{}.", "8"),
        ("stray { and } braces } \\boxed{9} }", "9"),
        (r"\boxed12", None),
        ("no box", None),
        ("", None),
        # boxes that are one answer
        (r"\boxed{4} or \boxed{5}", "4, 5"),
        (r"\boxed{5} or \boxed{4}", "5, 4"),
        (r"$\boxed{4}$, $\boxed{5}$, and $\boxed{6}$.", "4, 5, 6"),
        (r"either \boxed{4}, or maybe \boxed{5}", "4, 5"),
        ("\\[\\boxed{4}\\]\n\n\\[\\boxed{5}\\]", "4, 5"),
        (r"$x = \boxed{2}$ and $y_1 = \boxed{3}$", "2, 3"),
        (r"\boxed{4}\text{ or }\boxed{5}", "4, 5"),
        (r"\boxed{4}\quad\boxed{5}", "4, 5"),
        (r"\boxed{4}. \boxed{4}", "4"),
        ("\\boxed{4}\n\n\\boxed{4}\n\\boxed{}", "4"),
        # boxes that the last one takes back
        (r"\boxed{4}. Wait, or rather \boxed{5}", "5"),
        (r"\boxed{4}. So the answer is \boxed{5}", "5"),
        (r"\boxed{3} and \boxed{4}. No: \boxed{5}", "5"),
        (r"\boxed{1} + \boxed{2} = \boxed{3}", "3"),
        (r"for $n = 1$: \boxed{1}, for $n = 2$: \boxed{2}", "2"),
    ],
)
def test_last_boxed(text, answer):
    assert last_boxed(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("the answer is 12.", "12"),
        ("12, then 13", "13"),
        ("it is -3", "-3"),
        ("it is −3", "-3"),
        ("5-3", "3"),
        ("5 - 3", "3"),
        ("5 -3", "3"),
        ("(a+b)-3", "3"),
        ("x-3", "3"),
        ("x = -3", "-3"),
        ("-3", "-3"),
        ("- 3 apples", "3"),  # a list
        ("10--3", "-3"),
        ("costs $1,234,567.50 in all", "1234567.50"),
        ("lost -$5", "-5"),
        (r"\$18", "18"),
        ("about .5", ".5"),
        ("so...42", "42"),
        ("1,2345", "2345"),
        ("half is 1/2", "1/2"),
        ("is -7/3 here", "-7/3"),
        (r"is \frac{3}{4}", "3/4"),
        (r"is -\frac{3}{4}", "-3/4"),
        ("5km", "5"),
        ("50%", "50"),
        ("so x2 and v1.5", None),
        ("none", None),
    ],
)
def test_last_number(text, answer):
    assert last_number(text) == answer


def test_which_answer_the_extraction_rule_takes():
    either, boxed = Extraction.BOXED_OR_LAST_NUMBER, Extraction.BOXED
    assert extract_answer(r"\boxed{4} and then 5", either) == "4"
    assert extract_answer("it is 5", either) == "5"
    assert extract_answer("it is 5", boxed) is None
    assert extract_answer("3 * 4 = 12\n#### 1,200\nThat took 3 steps.", either) == "1200"
    assert extract_answer("#### \n then 7", either) == "7"
    assert extract_answer("#### -3", either) == "-3"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        (r"so \boxed{C}", "C"),
        (r"so \boxed{\text{(C)}}", "C"),
        (r"\boxed{\textbf{(C)}\ 12}", "C"),
        (r"\boxed{C. 12 metres}", "C"),
        (r"\boxed{\text{Option C}}", "C"),
        ("The answer is (C).", "C"),
        ("The correct answer is **C**", "C"),
        ("Answer: C", "C"),
        (r"the answer is $\text{(C)}$", "C"),
        ("(A) is wrong, so it must be (C)", "C"),
        ("Thinking about it,\nC", "C"),
        ("The answer is (B). No, the answer is (C).", "C"),
        (r"the answer is (B), so \boxed{C}", "C"),
        ("The answer is (B) or (C).", "B,C"),
        (r"\boxed{C} or \boxed{B}", "C,B"),
        (r"\boxed{A, B, C, D}", "A,B,C,D"),
        (r"\boxed{(B) or (C)}", "B,C"),
        ("A good question.", None),
        ("Answer: unknown", None),
        ("", None),
        (r"\boxed{12}", "12"),
    ],
)
def test_choices(text, letter):
    assert extract_answer(text, Extraction.CHOICE) == letter


@pytest.mark.parametrize("extraction", [Extraction.BOXED_OR_LAST_NUMBER, Extraction.CHOICE])
@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * 75_000,
        "\\boxed{" * 37_500 + "5" + "}" * 37_500,
        "\\boxed{x" * 37_500 + "5" + "}" * 37_500,
        "\\boxed" + " " * 500_000,
        "\\boxed{" + "{" * 500_000,
        "\\boxed{1} " * 50_000,
        "1" * 500_000,
        "111," * 125_000 + "1111",
        "1/" * 250_000,
        "-" * 500_000 + "1",
        "1." * 250_000,
        "\\frac{1}" * 62_500,
        "####" * 125_000,
        "\\boxed{1} or " * 40_000,
        "\\boxed{1}" + " ," * 250_000 + "\\boxed{2}",
        "\\boxed{1}" + "x =" * 150_000 + "\\boxed{2}",
        "\\boxed{x \\boxed{1} or " * 20_000 + "}" * 20_000,
        "answer is " * 50_000,
        "(A) or " * 70_000,
        "answer: A, " * 45_000,
        "Answer" + " is" * 150_000,
        "\n" * 500_000,
    ],
    ids=range(22),
)
def test_linear_time_on_half_a_megabyte(text, extraction):
    start = time.process_time()
    extract_answer(text, extraction)
    assert time.process_time() - start < 5  # quadratic takes minutes
