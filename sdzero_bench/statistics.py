"""Means with their intervals, and paired differences, of accuracies measured on a sample of questions.

Example: 2 questions, 2 samples each, rewards (1, 0) and (1, 1):

    clustered_share([1, 0, 1, 1], ["q1", "q1", "q2", "q2"], 0.95)
    Estimate(mean=0.75, low=-2.43, high=3.93, n=2, se=0.25, interval="student_t")

Samples of one question are not independent, questions are: every interval here is over questions (or over seeds), as
in Miller 2024, "Adding Error Bars to Evals" (arXiv 2411.00640). Student-t intervals are not cut at 0 and 1, so they
are symmetric around their mean.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtr  # scipy.stats takes ten times as long to import

from sdzero_bench.intervals import NO_SPREAD, Interval, mean_and_deviation, mean_interval, share_interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its confidence interval, in the unit of the values."""

    mean: float
    low: float  # nan where one value is all there is
    high: float
    n: int  # independent units behind the mean: questions, or seeds
    se: float = math.nan  # standard error, clustered: over the same units
    interval: Interval | None = None  # how low and high were made


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of a - b on shared questions, and the two-sided p-value of "there is no difference"."""

    estimate: Estimate
    p_value: float  # nan with a single shared question


def clustered_mean(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    confidence: float,
    kind: Interval = Interval.STUDENT_T,
) -> Estimate:
    """Mean of the clusters' means with an interval over clusters.

    `clusters[i]` names the question that `values[i]` belongs to. With one cluster the interval is nan to nan. Where all
    clusters have the same mean the interval has no width: no spread was seen, which is not certainty.

    The standard error is the cluster means' standard deviation over the root of their number. With equally large
    clusters that is the cluster-robust error of the plain mean (Liang and Zeger 1986; Miller 2024, equation 4) times
    sqrt(G / (G - 1)) for G clusters, the usual small-sample factor, which statsmodels and Stata apply too.
    Raises ValueError without values or on unequal lengths.
    """
    return _estimate(_cluster_means(values, clusters), confidence, kind)


def clustered_share(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    confidence: float,
    kind: Interval = Interval.STUDENT_T,
) -> Estimate:
    """`clustered_mean` of values between 0 and 1: with Wilson's interval where every cluster's mean is 0 or 1.

    Which of them it became is in `interval`; `intervals.share_interval` says why. Raises ValueError as
    `clustered_mean`.
    """
    means = _cluster_means(values, clusters)
    return _estimate(means, confidence, kind, is_share=True)


def share_of_questions(units: Sequence[float], confidence: float, kind: Interval = Interval.STUDENT_T) -> Estimate:
    """`clustered_share` of one value between 0 and 1 for each question."""
    return _estimate(units, confidence, kind, is_share=True)


def paired_difference(
    a: Mapping[str, float], b: Mapping[str, float], confidence: float, kind: Interval = Interval.STUDENT_T
) -> PairedDifference:
    """a - b on the questions both have (id -> mean over the question's samples), with a paired t-test.

    Where every question differs by the same amount the t statistic is infinite whatever the number of questions; the
    p-value is then that of the exact sign-flip test, 2^(1-n). Raises ValueError without a shared question.
    """
    estimate = _estimate([a[question] - b[question] for question in a if question in b], confidence, kind)
    if estimate.n == 1:
        return PairedDifference(estimate, math.nan)
    if estimate.se == 0:
        return PairedDifference(estimate, 1.0 if abs(estimate.mean) < NO_SPREAD else 2.0 ** (1 - estimate.n))
    return PairedDifference(estimate, float(2 * stdtr(estimate.n - 1, -abs(estimate.mean / estimate.se))))


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance that at least one of k samples is right, unbiased, from n samples of which c were right.

    Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1.
    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, got n={n}, c={c}, k={k}")
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def pooled_over_seeds(means: Sequence[float], confidence: float) -> Estimate:
    """Mean of one figure per seed with a Student-t interval over seeds (nan to nan with one seed)."""
    return _estimate(means, confidence, Interval.STUDENT_T)


def average_over_tasks(estimates: Sequence[Estimate]) -> Estimate:
    """The unweighted mean of tasks' figures (each task counts the same), its interval combined from theirs.

    The tasks' distances from mean to low, and from mean to high, are added as standard errors are: in squares. So the
    average keeps the lopsidedness of intervals near 0 and 1. nan to nan where a task has no interval.
    Source: the method of variance estimates recovery (MOVER), Zou and Donner 2008, "Construction of Confidence Limits
    About Effect Measures"; Newcombe 1998 for Wilson's intervals. Raises ValueError without estimates.
    """
    mean = mean_and_deviation([estimate.mean for estimate in estimates])[0]

    def combined(distances: Sequence[float]) -> float:
        return math.sqrt(math.fsum(distance * distance for distance in distances)) / len(estimates)

    below = combined([estimate.mean - estimate.low for estimate in estimates])
    above = combined([estimate.high - estimate.mean for estimate in estimates])
    n, se = sum(estimate.n for estimate in estimates), combined([estimate.se for estimate in estimates])
    return Estimate(mean, mean - below, mean + above, n, se)


def _cluster_means(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values but {len(clusters)} cluster names")
    members: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        members.setdefault(cluster, []).append(value)
    return [math.fsum(member) / len(member) for member in members.values()]


def _estimate(units: Sequence[float], confidence: float, kind: Interval, is_share: bool = False) -> Estimate:
    mean, deviation = mean_and_deviation(units)
    low, high, used = (share_interval if is_share else mean_interval)(units, confidence, kind)
    return Estimate(mean, low, high, len(units), deviation / math.sqrt(len(units)), used)
