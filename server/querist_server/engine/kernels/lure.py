"""The error of a pool from actively chosen labels: the LURE estimator (Farquhar, Gal and Rainforth, ICLR 2021)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

FEWEST = 2
"""Draws that a standard error needs."""


def weights(chances: FloatArray, pool_size: int) -> FloatArray:
    """Return the weight of each of M draws from N instances: v_m = 1 + (N - M) / (N - m) (1 / ((N - m + 1) q_m) - 1).

    Parameters
    ----------
    chances : ndarray of shape (M,)
        The probability q_m with which each was drawn among those left, in the order of the draws.
    pool_size : int
        N, at least M.
    """
    count = len(chances)
    if count == pool_size:
        return np.ones(count)
    drawn = np.arange(1, count + 1)
    return 1 + (pool_size - count) / (pool_size - drawn) * (1 / ((pool_size - drawn + 1) * chances) - 1)


def estimate(losses: FloatArray, chances: FloatArray, pool_size: int) -> tuple[float, float]:
    """Return the estimate, from 0 to 1, and its standard error, from the spread of the weighted losses.

    The estimate of a share may fall outside 0 to 1 by chance; it is then the nearer end, which only makes it better. A standard error
    above 1 says no more than 1.
    """
    weighted = weights(chances, pool_size) * losses
    left = 1 - len(losses) / pool_size
    deviation = float(np.sqrt(weighted.var(ddof=1) / len(weighted) * left))
    least = 1 / (len(losses) + 4)  # where no error was seen, that is no proof that there is none
    return float(np.clip(weighted.mean(), 0.0, 1.0)), min(max(deviation, least * left), 1.0)
