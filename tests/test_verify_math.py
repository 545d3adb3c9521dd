import itertools

import pytest
from math_verify import parse, verify

from sdzero_bench.types import Extraction, Question
from sdzero_bench.verify.math import judge
from sdzero_bench.verify.plain import settle, too_large


def ask(gold: str, extraction: Extraction = Extraction.BOXED) -> Question:
    return Question("q", ({"role": "user", "content": "?"},), gold, extraction=extraction)


EQUAL = [
    ("12", "12"),
    ("1234", "1,234"),
    ("12", "+12"),
    ("12", "012"),
    ("12", "12."),
    ("12", "12.0"),
    (r"\frac{1}{2}", "0.5"),
    (r"\frac{1}{2}", "1/2"),
    (r"\frac{1}{2}", r"\dfrac12"),
    (r"\{1,2,3\}", r"\{3,1,2\}"),
    ("1,2", "2,1"),
    ("(1,2)", "(1, 2)"),
    ("12", r"12\text{ cm}"),
    (r"12 \mathrm{~m}", "12"),
    ("90", r"90^\circ"),
    (r"50\%", "0.5"),
    (r"50\%", "50"),
    ("50", r"50\%"),
    (r"\$18", "18"),
    ("$2^{1009}$", "2^{1009}"),
    ("5", "x=5"),
    (r"\text{Evelyn}", "Evelyn"),
    (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
    ("(x+1)^2", "x^2+2x+1"),
    ("[0,1)", "[0, 1)"),
    ("5", r"\boxed{5}"),
    ("2^{10^{2}}", "2^{100}"),
]
UNEQUAL = [
    ("12", "13"),
    ("12", "-12"),
    ("12", "12 and 13"),
    ("12", "12, 13"),
    ("12", r"12 \text{ or } 13"),
    ("12", r"\{11, 12\}"),
    ("12", "12 = 13"),
    ("2", r"\pm 2"),
    ("0.5", "0.6"),
    ("(1,2)", "(2,1)"),
    ("[0,1)", "(0,1]"),
    ("1/3", "0.33"),
    (r"\text{Evelyn}", "Carla"),
    ("12", "?"),
    ("12", r"\frac{1}{0}"),
    ("12", "\\"),
]


@pytest.mark.parametrize(("gold", "answer"), EQUAL)
def test_equal(gold, answer):
    verdict = judge(ask(gold), rf"so \boxed{{{answer}}}")
    assert (verdict.reward, verdict.reason) == (1, "equal"), verdict


@pytest.mark.parametrize(("gold", "answer"), UNEQUAL)
def test_unequal(gold, answer):
    verdict = judge(ask(gold), rf"so \boxed{{{answer}}}")
    assert verdict.reward == 0, verdict


def test_the_last_box_decides():
    draft_and_revision = r"so \boxed{11} Wait, this response is not correct, let me start over. so \boxed{10}"
    assert judge(ask("10"), draft_and_revision).reward == 1
    assert judge(ask("11"), draft_and_revision).reward == 0
    # Why the box alone is handed on: from the whole text math-verify takes both.
    assert not verify(parse("$10$"), parse(draft_and_revision))


@pytest.mark.parametrize("text", ["", "the answer is 12", r"\boxed{}", r"\boxed{12", r"\boxed{ }"])
def test_no_answer(text):
    assert (judge(ask("12"), text).reward, judge(ask("12"), text).reason) == (0, "no answer found")


def test_last_number_where_the_question_allows_it():
    assert judge(ask("12", Extraction.BOXED_OR_LAST_NUMBER), "the answer is 12").reward == 1
    assert judge(ask("0.75", Extraction.BOXED_OR_LAST_NUMBER), "the answer is 3/4").reward == 1


@pytest.mark.parametrize(
    "answer",
    ["9^9^9^9", "9^{9^{9^9}}", "9**9**9**9", "10^{1000000000}", "(1000000)!", "9!!!!!", "2^{-10000000}", "7" * 400],
)
def test_absurd_sizes_are_refused_unread(answer):
    verdict = settle(ask("12"), rf"\boxed{{{answer}}}")
    assert verdict is not None
    assert verdict.reward == 0
    assert "too l" in verdict.reason
    assert len(verdict.extracted or "") <= 300


@pytest.mark.parametrize("answer", ["2^{1009}", "10^{10}", "x^{2^{n}}", "2^{2^{5}}", "20!", "n!!", "3^3^3", "e^{-2t}"])
def test_sizes_of_real_answers_are_not(answer):
    assert not too_large(answer)


def test_a_megabyte_in_a_box_is_wrong():
    assert judge(ask("12"), rf"\boxed{{{'12 ' * 350_000}}}").reward == 0
    assert judge(ask("12"), "12 " * 350_000 + r"\boxed{12}").reward == 1


def test_whole_numbers_are_settled_as_math_verify_would():
    for gold, answer in itertools.product(("0", "7", "-7", "12", "1234", "100000000000000000001"), repeat=2):
        for form in (answer, f"0{answer}" if answer[0] != "-" else answer, f"{int(answer):,}"):
            settled = settle(ask(gold), rf"\boxed{{{form}}}")
            assert settled is not None
            boxed = [parse(rf"\boxed{{{text}}}", parsing_timeout=None) for text in (gold, form)]
            assert settled.reward == verify(*boxed, timeout_seconds=None), (gold, form)
