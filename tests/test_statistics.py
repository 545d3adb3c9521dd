"""Means and paired differences against scipy, statsmodels and closed forms."""

import math
from itertools import combinations

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm

from sdzero_bench.intervals import Interval
from sdzero_bench.statistics import (
    Estimate,
    average_over_tasks,
    clustered_mean,
    clustered_share,
    paired_difference,
    pass_at_k,
    pooled_over_seeds,
    share_of_questions,
)

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
    assert estimate.interval is Interval.STUDENT_T


@pytest.mark.parametrize("k", [1, 4, 8])
def test_standard_error_is_cluster_robust(k: int) -> None:
    questions = 30
    rewards = RNG.binomial(1, np.repeat(RNG.beta(0.5, 0.5, questions), k))
    clusters = np.repeat(np.arange(questions), k)
    estimate = clustered_share(rewards.tolist(), clusters.tolist(), 0.95)
    model = sm.OLS(rewards.astype(float), np.ones(len(rewards)))
    # Small-sample factor of statsmodels, for the intercept alone: G / (G - 1) * (N - 1) / (N - 1).
    assert estimate.se == pytest.approx(model.fit(cov_type="cluster", cov_kwds={"groups": clusters}).bse[0], abs=1e-9)
    plain = model.fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}).bse[0]
    residuals = (rewards - rewards.mean()).reshape(questions, k).sum(axis=1)
    miller = math.sqrt((residuals**2).sum()) / len(rewards)  # equation 4: every pair of samples of one question
    assert plain == pytest.approx(miller, abs=1e-12)
    assert estimate.se == pytest.approx(miller * math.sqrt(questions / (questions - 1)), abs=1e-9)


def test_samples_of_one_question_do_not_narrow_the_interval() -> None:
    once = clustered_mean([1, 0, 1, 1, 0], "abcde", 0.95)
    copied = clustered_mean([1, 0, 1, 1, 0] * 8, "abcde" * 8, 0.95)
    assert (copied.low, copied.high, copied.se) == pytest.approx((once.low, once.high, once.se), abs=1e-12)


def test_one_question_has_no_interval_and_equal_questions_one_without_width() -> None:
    for single in (clustered_mean([1, 0], ["q", "q"], 0.95), clustered_share([1, 1], ["q", "q"], 0.95)):
        assert single.n == 1
        assert all(math.isnan(value) for value in (single.low, single.high, single.se))
        assert single.interval is None
    equal = clustered_mean([0.1, 0.1, 0.1], [1, 2, 3], 0.95)
    assert equal.low == equal.high == pytest.approx(0.1)
    assert equal.se == 0


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        clustered_mean([], [], 0.95)
    with pytest.raises(ValueError, match="2 values but 1"):
        clustered_mean([1, 0], ["q"], 0.95)
    with pytest.raises(ValueError, match="confidence"):
        clustered_share([1, 0], ["q", "r"], 95)
    with pytest.raises(ValueError, match="no values"):
        paired_difference({"a": 1.0}, {"b": 1.0}, 0.95)
    with pytest.raises(ValueError, match="no values"):
        average_over_tasks([])


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
    assert pooled_over_seeds([1, 1, 1], 0.95).interval is Interval.STUDENT_T  # seeds' means are no proportion


def test_average_over_tasks_counts_every_task_the_same() -> None:
    tasks = [Estimate(0.4, 0.3, 0.5, 30, 0.05), Estimate(0.9, 0.76, 0.94, 500, 0.01)]
    average = average_over_tasks(tasks)
    assert average.mean == pytest.approx(0.65)
    assert average.low == pytest.approx(0.65 - math.hypot(0.1, 0.14) / 2, abs=1e-12)
    assert average.high == pytest.approx(0.65 + math.hypot(0.1, 0.04) / 2, abs=1e-12)
    assert average.se == pytest.approx(math.hypot(0.05, 0.01) / 2, abs=1e-12)
    alone = average_over_tasks(tasks[:1])
    assert (alone.mean, alone.low, alone.high, alone.se) == pytest.approx((0.4, 0.3, 0.5, 0.05))
    assert math.isnan(average_over_tasks([*tasks, share_of_questions([1], 0.95)]).low)


def test_average_of_normal_intervals_is_the_normal_interval_of_the_average() -> None:
    errors = [0.03, 0.05, 0.02]
    average = average_over_tasks([Estimate(0.5, 0.5 - 1.96 * e, 0.5 + 1.96 * e, 9, e) for e in errors])
    assert average.high - average.mean == pytest.approx(1.96 * math.sqrt(sum(e * e for e in errors)) / 3, abs=1e-12)
