"""Exact tests of a paired difference, and the adjustment for several tests at once.

Example: of 30 questions asked once of two models 7 were right with one model only and 1 with the other only; the exact
McNemar test is `sign_flip_p([1] * 7 + [-1] + [0] * 22, 1)`, 0.0703.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_LARGEST = 2_000_000_000  # additions that an exact distribution may take: some seconds


def sign_flip_p(differences: Sequence[float], grid: int) -> float | None:
    """Two-sided p-value of the sign-flip (paired permutation) test of a zero mean, over all 2^n sign patterns.

    differences: one a question, each a multiple of 1 / `grid` (for mean rewards of k samples: grid k). Under "no
    difference" each question's difference is as likely with the other sign. Differences of -1, 0 and 1 (one sample a
    question) make it McNemar's exact test. The distribution is counted, not sampled: sums of multiples of 1 / grid
    take few values. None where they are too many to count.
    Source: Fisher 1935, "The Design of Experiments", section 21. Raises ValueError for values off the grid.
    """
    steps = [round(difference * grid) for difference in differences]
    if any(abs(difference * grid - step) > 1e-6 for difference, step in zip(differences, steps, strict=True)):
        raise ValueError(f"differences must be multiples of 1/{grid}")
    divisor = math.gcd(*steps)
    if divisor == 0:
        return 1.0
    sizes = sorted(abs(step) // divisor for step in steps if step)
    total, seen = sum(sizes), abs(sum(steps)) // divisor
    if len(sizes) * total > _LARGEST:
        return None
    chances = np.zeros(total + 1)  # of the sum of the sizes that keep a plus sign
    chances[0], reached = 1.0, 0
    for size in sizes:
        chances[size : reached + size + 1] += chances[: reached + 1].copy()
        reached += size
        chances[: reached + 1] /= 2
    extreme = np.abs(2 * np.arange(total + 1) - total) >= seen
    return min(1.0, float(chances[extreme].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for being several: below alpha where Holm's step-down procedure rejects at that level.

    Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = floor
    return adjusted
