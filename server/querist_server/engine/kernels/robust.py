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
CLEAR = 8
"""How many times its rounding a value must be away from the median to be away at all."""


def deviations(values: FloatArray, rounding: FloatArray | float = 0.0) -> FloatArray:
    """Return (value - median) / (1.4826 x median absolute deviation).

    Where at least half of the values are the same there is no scale to measure by, and among fewer than `FEWEST` no rest to compare with:
    all are 0 then. So are those of values that rounding alone may have led away from the median: where all that differs is rounding, its
    tail would be out of line.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite.
    rounding : ndarray of shape (n,) or float
        How far off each value may be because the inputs were rounded to their type.
    """
    if len(values) < FEWEST:
        return np.zeros(len(values))
    values = values / 4  # so that differences do not overflow; the result is the same, bit by bit
    median = float(np.median(values))
    away = values - median
    spread = NORMAL * float(np.median(np.abs(away)))
    if spread <= ROUNDING * abs(median):
        return np.zeros(len(values))
    return np.where(np.abs(away) > CLEAR * (np.asarray(rounding) / 4), away / spread, 0.0)
