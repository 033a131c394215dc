"""Quantiles of the binomial distribution."""

from __future__ import annotations

import math

from scipy import special


def quantile(level: float, size: int, share: float) -> int:
    """Return the smallest count that is not exceeded with a probability of at least `level`.

    Parameters
    ----------
    level : float
        Above 0 and below 1.
    size : int
        Draws.
    share : float
        The probability of each, above 0 and below 1.
    """
    count = min(max(math.ceil(special.bdtrik(level, size, share)), 0), size)
    while count > 0 and special.bdtr(count - 1, size, share) >= level:  # the inverse may be off by its rounding
        count -= 1
    while count < size and special.bdtr(count, size, share) < level:
        count += 1
    return count
