"""A Parzen window classifier: each labelled instance lends its class a mass that falls with distance, exp(-(d / h)^2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.vectors import REFERENCES_AT_A_TIME, blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

MOST_FOR_BANDWIDTH = 1000
ROWS_AT_A_TIME = 512
NO_DISTANCE = 64 * float(np.finfo(np.float64).eps)
"""Squared distances below this share of the squared lengths are rounding."""


def median_distance(points: Array) -> float | None:
    """Return the median distance above 0 between two rows (n, D); None if all are the same.

    Of more than `MOST_FOR_BANDWIDTH` rows it looks at as many, evenly spread.
    """
    some = points[:: -(-len(points) // MOST_FOR_BANDWIDTH)].astype(np.float64)
    centred = some - some.mean(axis=0)
    largest = float(np.abs(centred).max(initial=0.0))
    if not largest:
        return None
    centred /= largest
    lengths = np.einsum("ij,ij->i", centred, centred)
    sums = lengths[:, None] + lengths
    squared = (sums - 2 * (centred @ centred.T))[np.triu_indices(len(centred), 1)]
    apart = squared[squared > NO_DISTANCE * sums[np.triu_indices(len(centred), 1)]]
    return float(np.median(np.sqrt(apart))) * largest if len(apart) else None


class Windows:
    """The kernel masses that some references lend to points.

    Parameters
    ----------
    references : ndarray of shape (m, D)
    classes : ndarray of shape (m,), int64
    count : int
        Number of classes C.
    bandwidth : float
    """

    def __init__(self, references: Array, classes: npt.NDArray[np.int64], count: int, bandwidth: float) -> None:
        self._centre = references.astype(np.float64).mean(axis=0)
        self._bandwidth = bandwidth
        self._references = self.scaled(references)
        self._shares: FloatArray = np.zeros((len(references), count))
        self._shares[np.arange(len(references)), classes] = 1.0

    def scaled(self, points: Array) -> FloatArray:
        """Return points (n, D) in units of the bandwidth, around the middle of the references."""
        return np.asarray((points.astype(np.float64) - self._centre) / self._bandwidth)

    def masses(self, points: Array, checkpoint: Callable[[], None]) -> FloatArray:
        """Return the mass of each class around each point (n, D), shape (C, n)."""
        masses = np.zeros((self._shares.shape[1], len(points)))
        for rows in blocks(points, checkpoint, ROWS_AT_A_TIME):
            mine = self.scaled(points[rows])
            for some in blocks(self._references, checkpoint, REFERENCES_AT_A_TIME):
                masses[:, rows] += (kernel(mine, self._references[some]) @ self._shares[some]).T
        return masses


def kernel(points: FloatArray, others: FloatArray) -> FloatArray:
    """Return exp(-d^2) for each pair of scaled points (n, D) and others (m, D), shape (n, m)."""
    exponents = points @ others.T
    exponents *= 2
    exponents -= np.einsum("ij,ij->i", points, points)[:, None]
    exponents -= np.einsum("ij,ij->i", others, others)
    np.minimum(exponents, 0, out=exponents)  # rounding alone leads above
    return np.exp(exponents, out=exponents)
