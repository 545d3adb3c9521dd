"""Wilson and bootstrap intervals, and which interval a share gets."""

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.proportion import proportion_confint

from sdzero_bench.intervals import RESAMPLES, Interval, bootstrap, share_interval, wilson
from sdzero_bench.statistics import clustered_mean, clustered_share, paired_difference

VALUES = [0.0, 0.0, 0.125, 0.25, 0.25, 0.5, 0.875, 1.0, 1.0, 1.0, 1.0, 1.0]  # question means of avg@8


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (28, 30), (1, 2), (400, 500)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_as_scipy_and_statsmodels_have_it(right: int, n: int, confidence: float) -> None:
    interval = wilson(right / n, n, confidence)
    reference = scipy.stats.binomtest(right, n).proportion_ci(confidence, method="wilson")
    assert interval == pytest.approx((reference.low, reference.high), abs=1e-9)
    assert interval == pytest.approx(proportion_confint(right, n, 1 - confidence, method="wilson"), abs=1e-9)
    assert interval[0] >= 0
    assert interval[1] <= 1
    assert (interval[0] == 0) is (right == 0)
    assert (interval[1] == 1) is (right == n)


def test_shares_of_single_samples_get_wilson_and_say_so() -> None:
    estimate = clustered_share([1] * 28 + [0] * 2, range(30), 0.95)
    assert estimate.interval is Interval.WILSON
    assert (estimate.low, estimate.high) == wilson(28 / 30, 30, 0.95)
    assert estimate.se == pytest.approx(math.sqrt(28 / 30 * 2 / 30 / 29))  # the standard error stays the clustered one
    perfect = clustered_share([1] * 30, range(30), 0.95)
    assert (perfect.low, perfect.high) == (pytest.approx(0.8865, abs=1e-4), 1.0)


def test_samples_that_always_agree_count_once_a_question() -> None:
    agreeing = clustered_share([1] * 24 + [0] * 8, [i // 8 for i in range(32)], 0.95)
    assert agreeing.interval is Interval.WILSON
    assert (agreeing.low, agreeing.high) == wilson(0.75, 4, 0.95)
    mixed = clustered_share([1] * 23 + [0] * 9, [i // 8 for i in range(32)], 0.95)
    assert mixed.interval is Interval.STUDENT_T
    assert mixed.mean - mixed.low == pytest.approx(mixed.high - mixed.mean)


def test_lengths_are_no_shares() -> None:
    assert clustered_mean([0, 1, 1], "abc", 0.95).interval is Interval.STUDENT_T


def test_bootstrap_is_bca_on_resamples_of_questions() -> None:
    low, high = bootstrap(VALUES, 0.9)
    rng = np.random.default_rng(0)
    values = np.array(VALUES)
    means = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    # Efron 1987 by hand: bias from the resamples, acceleration from the jackknife (of a mean: from the deviations).
    below = (np.mean(means < values.mean()) + np.mean(means <= values.mean())) / 2
    bias, deviations = scipy.stats.norm.ppf(below), values - values.mean()
    acceleration = (deviations**3).sum() / (deviations**2).sum() ** 1.5 / 6
    z = bias + scipy.stats.norm.ppf([0.05, 0.95])
    levels = scipy.stats.norm.cdf(bias + z / (1 - acceleration * z))
    assert (low, high) == pytest.approx(tuple(np.quantile(means, levels)), abs=1e-9)
    assert (low, high) == bootstrap(VALUES, 0.9)  # seeded


def test_bootstrap_as_a_setting() -> None:
    clusters = [i // 2 for i in range(24)]
    values = [v for v in VALUES for _ in range(2)]
    for estimate in (
        clustered_mean(values, clusters, 0.95, Interval.BOOTSTRAP),
        clustered_share(values, clusters, 0.95, Interval.BOOTSTRAP),
    ):
        assert (estimate.low, estimate.high) == bootstrap(VALUES, 0.95)
        assert estimate.interval is Interval.BOOTSTRAP
        assert estimate.se == pytest.approx(scipy.stats.sem(VALUES))
    a, b = dict(enumerate(map(float, VALUES))), dict.fromkeys(range(12), 0.5)
    gain = paired_difference(a, b, 0.95, Interval.BOOTSTRAP).estimate
    assert (gain.low, gain.high) == pytest.approx(tuple(v - 0.5 for v in bootstrap(VALUES, 0.95)), abs=1e-9)


def test_bootstrap_of_single_samples_is_kept_but_for_all_right_or_wrong() -> None:
    some = share_interval([1] * 9 + [0], 0.95, Interval.BOOTSTRAP)
    assert some == (*bootstrap([1] * 9 + [0], 0.95), Interval.BOOTSTRAP)
    assert 0 < some[0] < some[1] <= 1
    assert share_interval([0] * 10, 0.95, Interval.BOOTSTRAP) == (*wilson(0, 10, 0.95), Interval.WILSON)
    assert share_interval([0.5] * 10, 0.95, Interval.BOOTSTRAP) == (0.5, 0.5, Interval.BOOTSTRAP)


def test_resamples_in_several_batches_are_the_same_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap(VALUES, 0.95)
    monkeypatch.setattr("sdzero_bench.intervals._BATCH_VALUES", 1000)
    assert bootstrap(VALUES, 0.95) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("n", "accuracy", "least"), [(30, 0.95, 0.93), (30, 0.5, 0.93), (10, 0.9, 0.9)])
def test_wilson_covers_what_student_t_does_not(n: int, accuracy: float, least: float) -> None:
    """Exact coverage over all outcomes of n single-sample questions, at 95%."""
    coverage = {Interval.WILSON: 0.0, Interval.STUDENT_T: 0.0}
    for right in range(n + 1):
        units = [1] * right + [0] * (n - right)
        chance = scipy.stats.binom.pmf(right, n, accuracy)
        for kind, estimate in (
            (Interval.WILSON, clustered_share(units, range(n), 0.95)),
            (Interval.STUDENT_T, clustered_mean(units, range(n), 0.95)),
        ):
            assert estimate.interval is kind
            coverage[kind] += chance * (estimate.low <= accuracy <= estimate.high)
    assert coverage[Interval.WILSON] > least
    if accuracy >= 0.9:
        assert coverage[Interval.STUDENT_T] < 0.8
