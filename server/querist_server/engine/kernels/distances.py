"""Euclidean distances, in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 512 * 1024


def lower_to(nearest: npt.NDArray[np.float64], points: npt.NDArray[Any], centre: npt.NDArray[Any]) -> None:
    """Lower each squared distance in `nearest` to the one to `centre` where that is smaller.

    Differences are squared and summed as they are: the expansion through inner products is faster, but loses all digits for points that are
    close to each other and far from the origin.

    Parameters
    ----------
    nearest : ndarray of shape (n,), float64
        Changed in place; negative entries stay.
    points : ndarray of shape (n, D)
    centre : ndarray of shape (D,)
    """
    rows = max(1, BLOCK_BYTES // (8 * points.shape[1]))
    wide_centre = centre.astype(np.float64)
    for start in range(0, len(points), rows):
        block = slice(start, start + rows)
        difference = points[block] - wide_centre
        np.minimum(nearest[block], np.einsum("ij,ij->i", difference, difference), out=nearest[block])
