"""How far around an instance the pool is still of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.k_means import k_means
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]

IMPURE_SHARE = 0.05
ITERATIONS = 10
FARTHEST = 2.0
"""No two points of length 1 are farther apart."""


def pure_radius(unit: Array, clusters: int, seed: int, checkpoint: Callable[[], None]) -> float:
    """Return the largest radius at which at least 95 % of the rows have no row of another k-means cluster within it.

    Parameters
    ----------
    unit : ndarray of shape (n, D)
        Rows of length 1.
    clusters : int
    seed : int
    checkpoint : callable
    """
    labels, centres = k_means(unit, None, clusters, seed, ITERATIONS, checkpoint)
    if len(centres) < 2:
        return FARTHEST
    nearest = np.empty(len(unit))
    for rows in blocks(unit, checkpoint, 512):
        cosines = unit[rows] @ unit.T
        cosines[labels[rows, None] == labels] = -1
        nearest[rows] = cosines.max(axis=1)
    gaps = np.sort(np.sqrt(np.maximum(0.0, 2 - 2 * nearest)))
    first_pure = gaps[int(IMPURE_SHARE * len(gaps))]
    return float(max(np.nextafter(first_pure, 0.0), 1e-6))
