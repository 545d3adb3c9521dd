"""Confidence intervals of a mean over questions: Student-t, bootstrap, and Wilson's for shares of questions.

Example: 28 of 30 questions right, one sample each: `wilson(28 / 30, 30, 0.95)` is 0.787 to 0.982; Student-t over the
same 30 values says 0.839 to 1.028, and after 30 of 30 it would say 1 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from scipy.special import ndtri, stdtrit  # scipy.stats takes ten times as long to import

NO_SPREAD = 1e-12  # below this a standard deviation is rounding error of equal values
RESAMPLES = 10_000  # of the bootstrap
BOOTSTRAP_SEED = 0
_BATCH_VALUES = 5_000_000  # values resampled at a time: 40 MB


class Interval(StrEnum):
    """How an interval was made."""

    STUDENT_T = "student_t"
    BOOTSTRAP = "bootstrap"
    WILSON = "wilson"


IN_WORDS = {
    Interval.STUDENT_T: "Student-t over questions",
    Interval.BOOTSTRAP: f"BCa bootstrap, {RESAMPLES:,} resamples of the questions, seed {BOOTSTRAP_SEED}",
    Interval.WILSON: "Wilson score, where every question counts 0 or 1",
}


def mean_interval(units: Sequence[float], confidence: float, kind: Interval) -> tuple[float, float, Interval | None]:
    """Interval of the mean of independent units (question means), and its kind: STUDENT_T or BOOTSTRAP, as asked.

    nan, nan, None for a single unit. Equal units give an interval without width: no spread was seen, which is not
    certainty. Raises ValueError without units, or for a confidence that is not between 0 and 1.
    """
    mean, deviation = mean_and_deviation(units)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if len(units) == 1:
        return math.nan, math.nan, None
    if deviation == 0:
        return mean, mean, kind
    if kind is Interval.BOOTSTRAP:
        return *bootstrap(units, confidence), kind
    half = float(stdtrit(len(units) - 1, (1 + confidence) / 2)) * deviation / math.sqrt(len(units))
    return mean - half, mean + half, kind


def share_interval(units: Sequence[float], confidence: float, kind: Interval) -> tuple[float, float, Interval | None]:
    """Interval of the mean of units between 0 and 1, and its kind, which may be another than asked for.

    Where every question counts 0 or 1 (one sample each, pass@k at k itself, or samples that always agree), the mean is
    a binomial proportion and gets Wilson's interval in place of Student-t: Student-t misses the nominal coverage near 0
    and 1, leaves the unit interval, and has no width at 0 and 1 (Brown, Cai and DasGupta 2001, "Interval Estimation for
    a Binomial Proportion"; for evaluations Bowyer et al. 2025, arXiv 2503.01747). The bootstrap is left as asked,
    unless all questions are right or all are wrong: then it has no width either. Raises ValueError as `mean_interval`.
    """
    low, high, used = mean_interval(units, confidence, kind)
    binary = all(unit in (0, 1) for unit in units)
    if used is None or not binary or (kind is Interval.BOOTSTRAP and high > low):
        return low, high, used
    return *wilson(math.fsum(units) / len(units), len(units), confidence), Interval.WILSON


def wilson(share: float, n: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion seen in n trials.

    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    z = float(ndtri((1 + confidence) / 2))
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - half) / scale, (centre + half) / scale
    return 0.0 if share == 0 else low, 1.0 if share == 1 else high  # exact ends, without rounding error


def bootstrap(units: Sequence[float], confidence: float) -> tuple[float, float]:
    """Bias-corrected and accelerated (BCa) bootstrap interval of the mean, from `RESAMPLES` resamples of the units.

    The same units in the same order give the same interval. BCa and not percentile: percentile intervals of a mean of
    few and skewed values are too narrow on one side. Source: Efron 1987, "Better Bootstrap Confidence Intervals".
    """
    from scipy.stats import bootstrap as resampled

    result = resampled(
        (np.asarray(units, float),),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH_VALUES // len(units)),
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def mean_and_deviation(units: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation (n - 1; 0 for equal values, nan for a single one). ValueError without values."""
    if not units:
        raise ValueError("no values to average")
    mean = math.fsum(units) / len(units)
    if len(units) == 1:
        return mean, math.nan
    deviation = float(np.std(units, ddof=1))
    return mean, 0.0 if deviation < NO_SPREAD else deviation
