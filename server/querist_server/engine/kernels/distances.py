"""Euclidean distances, in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 128 * 1024
"""What a block should weigh: it and its differences should stay in a core's cache."""


def lower_to(nearest: npt.NDArray[np.float64], points: npt.NDArray[Any], centre: npt.NDArray[Any]) -> None:
    """Lower each squared distance in `nearest` to the one to `centre` where that is smaller.

    Differences are squared and summed as they are, in the type of the points: the expansion through inner products is faster, but loses
    all digits for points that are close to each other and far from the origin.

    Parameters
    ----------
    nearest : ndarray of shape (n,), float64
        Changed in place; negative entries stay.
    points : ndarray of shape (n, D), float32 or float64
    centre : ndarray of shape (D,)
    """
    rows = max(1, BLOCK_BYTES // (points.itemsize * points.shape[1]))
    scratch = np.empty((min(rows, len(points)), points.shape[1]), points.dtype)
    for start in range(0, len(points), rows):
        block = points[start : start + rows]
        difference = np.subtract(block, centre, out=scratch[: len(block)])
        distances = np.einsum("ij,ij->i", difference, difference)
        np.minimum(nearest[start : start + rows], distances, out=nearest[start : start + rows])
