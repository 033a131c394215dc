"""Last-layer gradients (p - e) (x) x of many instances by their factors, never written out.

A squared distance between two of them follows from products of their factors (the factorisation is that of Zhang et al., LabelBench, 2023).
Their lengths bound it from below, so that blocks of instances that are closer to an earlier centre by that alone are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


class Gradients:
    """Gradients under the predicted labels.

    Parameters
    ----------
    probabilities : ndarray of shape (n, C)
    embeddings : ndarray of shape (n, D)
    checkpoint : callable
    """

    def __init__(self, probabilities: Array, embeddings: Array, checkpoint: Callable[[], None]) -> None:
        self._probabilities, self._embeddings, self._checkpoint = probabilities, embeddings, checkpoint
        self._labels = probabilities.argmax(axis=1)
        self._rounding = 64 * max(float(np.finfo(factor.dtype).eps) for factor in (probabilities, embeddings))
        self.squared_lengths = np.empty(len(embeddings))
        for rows in blocks(embeddings, checkpoint):
            residuals = self._residuals(rows)
            lengths = np.einsum("ij,ij->i", residuals, residuals, dtype=np.float64)
            self.squared_lengths[rows] = lengths * np.einsum("ij,ij->i", embeddings[rows], embeddings[rows], dtype=np.float64)
        self._lengths = np.sqrt(self.squared_lengths)

    def lower(self, nearest: FloatArray, centre: int) -> None:
        """Lower entries of `nearest` (n,) to the squared distance to one gradient where that is smaller; 0 where it drowns in rounding."""
        residual = self._residuals(slice(centre, centre + 1))[0]
        point = self._embeddings[centre]
        for rows in blocks(self._embeddings, self._checkpoint):
            apart = self._lengths[rows] - self._lengths[centre]
            closer = apart * apart < nearest[rows]
            if not closer.any():
                continue
            products = (self._residuals(rows) @ residual).astype(np.float64)
            products *= self._embeddings[rows] @ point
            lengths = self.squared_lengths[rows] + self.squared_lengths[centre]
            distances = lengths - 2 * products
            distances[distances <= self._rounding * lengths] = 0.0
            np.minimum(nearest[rows], distances, out=nearest[rows])
        nearest[centre] = 0.0

    def _residuals(self, rows: slice) -> Array:
        """Return p - e for some rows."""
        residuals = self._probabilities[rows].copy()
        residuals[np.arange(len(residuals)), self._labels[rows]] -= 1
        return residuals
