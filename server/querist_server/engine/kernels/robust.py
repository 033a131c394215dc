"""How far values are from the rest, by median and median absolute deviation, which outliers cannot move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

NORMAL = 1.4826
"""Makes the median absolute deviation of a normal distribution its standard deviation."""
FEWEST = 5
"""Among fewer values nothing is out of line."""
ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Deviations below this share of the values are taken for rounding."""


def deviations(values: FloatArray) -> FloatArray:
    """Return (value - median) / (1.4826 x median absolute deviation).

    Where at least half of the values are the same there is no scale to measure by, and among fewer than `FEWEST` no rest to compare with:
    all are 0 then.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite.
    """
    if len(values) < FEWEST:
        return np.zeros(len(values))
    median = float(np.median(values))
    spread = NORMAL * float(np.median(np.abs(values - median)))
    if spread <= ROUNDING * abs(median):
        return np.zeros(len(values))
    return (values - median) / spread
