"""Draws in proportion to weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def draw(weights: npt.NDArray[np.float64], uniform: float) -> int | None:
    """Return a position drawn in proportion to the weights; None if all are 0.

    Parameters
    ----------
    weights : ndarray of shape (n,)
        Finite, 0 or more.
    uniform : float
        Between 0 and 1; decides.
    """
    mass = np.cumsum(weights)
    if not mass[-1] > 0:
        return None
    target = min(uniform * mass[-1], np.nextafter(mass[-1], 0.0))  # the product may round up to the end
    return int(np.searchsorted(mass, target, side="right"))
