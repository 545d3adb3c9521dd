"""Means, intervals and tests for accuracies measured on a sample of questions.

Example: 2 questions, 2 samples each, rewards (1, 0) and (1, 1):

    clustered_mean([1, 0, 1, 1], ["q1", "q1", "q2", "q2"], 0.95)
    Estimate(mean=0.75, low=-2.43, high=3.93, n=2)

Samples of one question are not independent, questions are: every interval here is over questions (or over seeds), as
in Miller 2024, "Adding Error Bars to Evals" (arXiv 2411.00640). Intervals are not cut at 0 and 1, so they are
symmetric around their mean.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit  # Student-t; scipy.stats takes ten times as long to import

NO_SPREAD = 1e-12  # below this a standard deviation is rounding error of equal values


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its confidence interval, in the unit of the values."""

    mean: float
    low: float  # nan where one value is all there is
    high: float
    n: int  # independent units behind the mean: questions, or seeds


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of a - b on shared questions, and the two-sided p-value of "there is no difference"."""

    estimate: Estimate
    p_value: float  # nan with a single shared question


def clustered_mean(values: Sequence[float], clusters: Sequence[Hashable], confidence: float) -> Estimate:
    """Mean of the clusters' means with a Student-t interval over clusters.

    `clusters[i]` names the question that `values[i]` belongs to. With one cluster the interval is nan to nan. Where all
    clusters have the same mean the interval has no width: no spread was seen, which is not certainty.
    Source: Miller 2024, "Adding Error Bars to Evals". Raises ValueError without values or on unequal lengths.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values but {len(clusters)} cluster names")
    members: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        members.setdefault(cluster, []).append(value)
    return _student_t([math.fsum(member) / len(member) for member in members.values()], confidence)


def paired_difference(a: Mapping[str, float], b: Mapping[str, float], confidence: float) -> PairedDifference:
    """a - b on the questions both have (id -> mean over the question's samples), with a paired t-test.

    Where every question differs by the same amount the t statistic is infinite whatever the number of questions; the
    p-value is then that of the exact sign-flip test, 2^(1-n). Raises ValueError without a shared question.
    """
    differences = [a[question] - b[question] for question in a if question in b]
    estimate = _student_t(differences, confidence)
    if estimate.n == 1:
        return PairedDifference(estimate, math.nan)
    deviation = float(np.std(differences, ddof=1))
    if deviation < NO_SPREAD:
        return PairedDifference(estimate, 1.0 if abs(estimate.mean) < NO_SPREAD else 2.0 ** (1 - estimate.n))
    t = estimate.mean / (deviation / math.sqrt(estimate.n))
    return PairedDifference(estimate, float(2 * stdtr(estimate.n - 1, -abs(t))))


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
    return _student_t(means, confidence)


def _student_t(units: Sequence[float], confidence: float) -> Estimate:
    if not units:
        raise ValueError("no values to average")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    n, mean = len(units), math.fsum(units) / len(units)
    if n == 1:
        return Estimate(mean, math.nan, math.nan, 1)
    deviation = float(np.std(units, ddof=1))
    half = 0.0 if deviation < NO_SPREAD else float(stdtrit(n - 1, (1 + confidence) / 2)) * deviation / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)
