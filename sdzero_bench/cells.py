"""How figures with an interval are written in a table's cell.

Example: 0.754 with 0.724 to 0.784 is "75.4 ± 3.0"; 0.933 with Wilson's 0.787 to 0.982 is "93.3 [78.7, 98.2]".
"""

from __future__ import annotations

import math


def share_in_words(
    mean: float | None, low: float | None = None, high: float | None = None, sign: str = ""
) -> str | None:
    """A share in percent with its interval: as ± half-width where both sides round to the same, else as its ends.

    Without ends, or where they are equal, the mean alone; None for None. sign="+" writes the sign of a difference.
    """
    if mean is None:
        return None
    text = format(round(100 * mean, 1) + 0.0, f"{sign}.1f")  # + 0.0: never "-0.0"
    if low is None or high is None or math.isnan(low) or math.isnan(high) or not high > low:
        return text
    below, above = 100 * (mean - low), 100 * (high - mean)
    if abs(above - below) < 0.1:
        return f"{text} ± {(below + above) / 2:.1f}"
    return f"{text} [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"
