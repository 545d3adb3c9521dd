"""Statistics against scipy and closed forms."""

import math
from itertools import combinations

import numpy as np
import pytest
import scipy.stats

from sdzero_bench.statistics import clustered_mean, paired_difference, pass_at_k, pooled_over_seeds

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_clustered_mean_is_student_t_over_the_means_of_questions(confidence: float) -> None:
    clusters = [f"q{i % 7}" for i in range(31)]  # questions with 4 and with 5 samples
    values = RNG.random(31)
    means = [np.mean([v for v, c in zip(values, clusters, strict=True) if c == f"q{i}"]) for i in range(7)]
    estimate = clustered_mean(list(values), clusters, confidence)
    low, high = scipy.stats.t.interval(confidence, 6, loc=np.mean(means), scale=scipy.stats.sem(means))
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((np.mean(means), low, high), abs=1e-9)
    assert estimate.n == 7


def test_samples_of_one_question_do_not_narrow_the_interval() -> None:
    once = clustered_mean([1, 0, 1, 1, 0], "abcde", 0.95)
    copied = clustered_mean([1, 0, 1, 1, 0] * 8, "abcde" * 8, 0.95)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=1e-12)


def test_one_question_has_no_interval_and_equal_questions_one_without_width() -> None:
    single = clustered_mean([1, 0], ["q", "q"], 0.95)
    assert single.mean == 0.5
    assert single.n == 1
    assert math.isnan(single.low)
    assert math.isnan(single.high)
    equal = clustered_mean([0.1, 0.1, 0.1], [1, 2, 3], 0.95)
    assert equal.low == equal.high == pytest.approx(0.1)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        clustered_mean([], [], 0.95)
    with pytest.raises(ValueError, match="2 values but 1"):
        clustered_mean([1, 0], ["q"], 0.95)
    with pytest.raises(ValueError, match="confidence"):
        clustered_mean([1, 0], ["q", "r"], 95)
    with pytest.raises(ValueError, match="no values"):
        paired_difference({"a": 1.0}, {"b": 1.0}, 0.95)


def test_paired_difference_is_the_paired_t_test_on_shared_questions() -> None:
    a = {f"q{i}": float(v) for i, v in enumerate(RNG.random(20))}
    b = {f"q{i}": float(v) for i, v in enumerate(RNG.random(20))}
    shared = list(a)[3:]
    result = paired_difference(a, {q: b[q] for q in [*reversed(shared)]} | {"other": 1.0}, 0.9)
    reference = scipy.stats.ttest_rel([a[q] for q in shared], [b[q] for q in shared])
    low, high = reference.confidence_interval(0.9)
    assert result.p_value == pytest.approx(reference.pvalue, abs=1e-9)
    assert (result.estimate.low, result.estimate.high) == pytest.approx((low, high), abs=1e-9)
    assert result.estimate.n == 17


def test_paired_difference_without_spread() -> None:
    a = {"q1": 0.9, "q2": 0.3, "q3": 0.7}
    assert paired_difference(a, a, 0.95).p_value == 1.0
    shifted = {q: value - 0.2 for q, value in a.items()}
    # Three questions alone are never significant: sign-flip test, 2 of 2^3 sign patterns are as extreme.
    assert paired_difference(a, shifted, 0.95).p_value == pytest.approx(0.25)
    assert math.isnan(paired_difference({"q": 1.0}, {"q": 0.0}, 0.95).p_value)


@pytest.mark.parametrize(("n", "c"), [(5, 0), (5, 1), (5, 3), (5, 5), (8, 2)])
def test_pass_at_k_is_the_share_of_draws_with_a_right_sample(n: int, c: int) -> None:
    for k in range(1, n + 1):
        draws = list(combinations([1] * c + [0] * (n - c), k))
        assert pass_at_k(n, c, k) == pytest.approx(sum(map(max, draws)) / len(draws), abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 0), (4, 2, 5)])
def test_pass_at_k_refuses_impossible_counts(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@k"):
        pass_at_k(n, c, k)


def test_pooled_over_seeds_closed_form() -> None:
    estimate = pooled_over_seeds([0.7, 0.8, 0.9], 0.95)
    half = 4.302652729911275 * 0.1 / math.sqrt(3)  # t quantile for 2 degrees of freedom
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((0.8, 0.8 - half, 0.8 + half), abs=1e-9)
    assert estimate.n == 3
