"""How plausible a class is by the likelihood of counts: the highest min(likelihood of t, support of t for it) over probabilities t."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy

FloatArray = npt.NDArray[np.float64]

HALVINGS = 60
"""Steps of the bisection: the unit interval comes down to the rounding of a float64."""


def of_positive(negative: FloatArray, positive: FloatArray) -> FloatArray:
    """Return how plausible the positive class is, (n,), from 0 to 1.

    Beyond positive / (negative + positive) the likelihood of t, scaled to 1 at its highest, falls, and the support 2t - 1 rises: the
    highest of their minimum is where they cross.
    """
    total = negative + positive
    peak = np.where(total > 0, positive / np.where(total > 0, total, 1), 0.5)
    best = xlogy(positive, peak) + xlog1py(negative, -peak)
    low, high = np.maximum(peak, 0.5), np.ones_like(peak)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        likelihood = np.exp(xlogy(positive, middle) + xlog1py(negative, -middle) - best)
        above = likelihood >= 2 * middle - 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(2 * high - 1)
