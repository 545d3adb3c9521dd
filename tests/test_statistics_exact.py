"""Exact tests against enumeration, scipy and statsmodels; majority votes against enumeration."""

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from sdzero_bench.majority import majority_accuracy, normal_form
from sdzero_bench.significance import holm, sign_flip_p

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("grid", [1, 2, 6, 8])
@pytest.mark.parametrize("n", [1, 2, 5, 11])
def test_sign_flips_against_every_pattern(grid: int, n: int) -> None:
    differences = [int(step) / grid for step in RNG.integers(-grid, grid + 1, n)]
    sums = [
        sum(s * round(d * grid) for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=n)
    ]
    seen = abs(round(sum(differences) * grid))
    expected = sum(abs(total) >= seen for total in sums) / len(sums)
    assert sign_flip_p(differences, grid) == pytest.approx(expected, abs=1e-12)


def test_sign_flips_as_scipy_has_them() -> None:
    a, b = RNG.integers(0, 9, 12) / 8, RNG.integers(0, 9, 12) / 8
    reference = scipy.stats.permutation_test(
        (a, b), lambda x, y: np.sum(8 * x - 8 * y), permutation_type="samples", n_resamples=np.inf, vectorized=False
    )
    assert sign_flip_p(list(a - b), 8) == pytest.approx(reference.pvalue, abs=1e-9)


@pytest.mark.parametrize(("won", "lost", "tied"), [(7, 1, 22), (0, 5, 3), (4, 4, 9), (60, 31, 400), (1, 0, 0)])
def test_with_one_sample_it_is_mcnemars_exact_test(won: int, lost: int, tied: int) -> None:
    p = sign_flip_p([1] * won + [-1] * lost + [0] * tied, 1)
    assert p == pytest.approx(scipy.stats.binomtest(won, won + lost).pvalue, abs=1e-9)
    assert p == pytest.approx(mcnemar([[tied, won], [lost, 0]], exact=True).pvalue, abs=1e-9)


def test_sign_flips_at_the_edges() -> None:
    assert sign_flip_p([0, 0, 0], 4) == 1.0
    assert sign_flip_p([0.1 + 0.2, -0.3], 10) == 1.0  # 0.30000000000000004
    assert sign_flip_p([1] * 60, 1) == pytest.approx(2.0**-59, rel=1e-12)
    assert sign_flip_p([0.25] * 9, 4) == pytest.approx(2.0**-8)
    assert sign_flip_p([1 / 999_983, 1 / 2] * 1000, 2 * 999_983) is None  # too many sums to count
    with pytest.raises(ValueError, match="multiples of 1/2"):
        sign_flip_p([0.25], 2)


@pytest.mark.parametrize("p_values", [[0.03], [0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.02], [0.02, 0.02, 1.0], []])
def test_holm_as_statsmodels_has_it(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1] if p_values else []
    assert holm(p_values) == pytest.approx(list(expected), abs=1e-12)


@pytest.mark.parametrize(
    "answers",
    ["aabb", "aab", "abc", "aabbc", "a", "aabbcc", "abbb", "ab-", "aab--", "----", "a---"],
)
def test_majority_with_ties_is_the_mean_over_every_order_of_the_samples(answers: str) -> None:
    """Ties go to whoever comes first: over all orders of the samples each tied answer is first as often."""
    right = {"a": 1, "b": 0, "c": 1}
    outcomes = []
    for order in permutations(answers):
        votes = Counter(answer for answer in order if answer != "-")
        outcomes.append(right[votes.most_common(1)[0][0]] if votes else 0)
    given = [None if answer == "-" else answer for answer in answers]
    rewards = [right.get(answer, 0) for answer in answers]
    assert majority_accuracy(given, rewards) == pytest.approx(np.mean(outcomes), abs=1e-12)


def test_an_answer_with_mixed_rewards_follows_most_of_them() -> None:
    assert majority_accuracy(["1", "1", "1", "2"], [1, 1, 0, 0]) == 1
    assert majority_accuracy(["1", "1", "1", "2"], [1, 0, 0, 1]) == 0
    assert majority_accuracy(["1", "1", "2"], [1, 0, 0]) == 0.5


def test_one_answer_in_several_spellings_is_one_candidate() -> None:
    spellings = [r"\dfrac{1}{2}", r"$\frac{1}{2}$", r" \tfrac 12. "]
    assert majority_accuracy([*spellings, "0.7", "0.7"], [1, 1, 1, 0, 0]) == 1


@pytest.mark.parametrize(
    "same",
    [
        [r"\dfrac{1}{2}", r"\tfrac{1}{2}", r"\frac12", r"$\frac{1}{2}$", r"\frac {1} {2}.", r"\frac 1 2"],
        ["1234", "1,234", "1{,}234", r"1\,234", "$1234$", "1 234", "1,234.", r"\$1,234"],
        [r"\left(1, 2\right)", "(1,2)", r"\left( 1 ,\, 2 \right)", "( 1,2 )"],
        ["-1/2", "−1/2", " - 1/2"],
        ["1,234,567.5", "1234567.5"],
        [r"\text{no}", r"\text{ no }."],
    ],
)
def test_normal_form_joins(same: list[str]) -> None:
    assert len({normal_form(answer) for answer in same}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 1/2", "11/2"),
        ("1,2", "12"),
        ("(1,234)", "(1234)"),  # two coordinates
        ("1,23", "123"),
        ("12,34,567", "1234567"),
        (r"\frac{1}{2}", r"\frac{2}{1}"),
        (r"\leftarrow", "arrow"),
        ("1.5", "15"),
        ("-1", "1"),
        ("x y", "x + y"),
    ],
)
def test_normal_form_keeps_apart(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_normal_form_of_a_long_answer_is_quick() -> None:
    for text in ("1," * 200_000, "1 " * 200_000, "\\frac" * 100_000, "$" * 400_000, "1,234" * 80_000):
        normal_form(text)  # quadratic time would meet the test's time limit
