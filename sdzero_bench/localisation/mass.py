"""How the token KL reward of a response is spread over its tokens.

Example: rewards (4, 0, 0, 0, 1) have a mass of 5; the likeliest fifth of the tokens to be changed, one token, holds 4/5
of it: `mass_by_rank([4, 0, 0, 0, 1], bins=5)` is [0.8, 0.2, 0, 0, 0]. Spread evenly every bin would hold 0.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BINS = 20  # Figure 4; the first one is the top 5 % of the tokens


def mass_by_rank(rewards: Sequence[float], bins: int = BINS) -> list[float] | None:
    """Shares of the mass by rank of the tokens, the largest rewards first: `bins` numbers that add up to 1.

    rewards: log pi_theta(y_t | x, y_<t) - log pi_SRT(y_t | x, y, P_r, y_<t), in nats. The mass of a token is its
    reward where that is positive: the reviser finds it less likely than the student did. Tokens that it finds likelier
    have none (they have nothing to be corrected). A token on the border of two bins is divided between them, so that
    responses of any length have the same bins. None where no token has any mass.
    """
    mass = np.sort(np.maximum(np.asarray(rewards, float), 0.0))[::-1]  # [T]
    total = mass.sum()
    if not total > 0:
        return None
    cumulative = np.concatenate([[0.0], mass.cumsum() / total])  # [T + 1]
    ranks = np.arange(len(mass) + 1) / len(mass)
    return [float(share) for share in np.diff(np.interp(np.arange(bins + 1) / bins, ranks, cumulative))]
