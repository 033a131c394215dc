"""A ridge regression on embeddings with a constant: how far one more instance reaches, whatever its label.

With A = ridge I + sum over labelled of z z' for z = (x, 1), and v = A^-1/2 z, another instance x changes what is said of u by
v_u . v_x / (1 + |v_x|^2) times its surprise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.information import with_constant
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

ROWS_AT_A_TIME = 1024


class Reach:
    """Embeddings in the units of what is known.

    Parameters
    ----------
    labelled : ndarray of shape (n_L, D) or None
    width : int
        Number of embedding columns D.
    ridge : float
    """

    def __init__(self, labelled: Array | None, width: int, ridge: float, checkpoint: Callable[[], None]) -> None:
        known: FloatArray = np.zeros((width + 1, width + 1))
        for rows in () if labelled is None else blocks(labelled, checkpoint, ROWS_AT_A_TIME):
            some = with_constant(labelled[rows])  # type: ignore[index]  # there are rows only if it is there
            known += some.T @ some
        levels, self._axes = np.linalg.eigh(known)
        self._scale = 1 / np.sqrt(np.maximum(levels, 0) + ridge)  # rounding alone leads below 0
        self._checkpoint = checkpoint

    def of(self, points: Array) -> FloatArray:
        """Return v of each row (n, D), shape (n, D + 1)."""
        return np.asarray((with_constant(points) @ self._axes) * self._scale)

    def gram(self, points: Array) -> FloatArray:
        """Return the mean of v v' over the rows, shape (D + 1, D + 1)."""
        total: FloatArray = np.zeros(self._axes.shape)
        for rows in blocks(points, self._checkpoint, ROWS_AT_A_TIME):
            some = self.of(points[rows])
            total += some.T @ some
        return total / len(points)

    def squared_reach(self, points: Array, others: Array) -> tuple[FloatArray, FloatArray]:
        """Return the mean of (v_u . v_x)^2 over some others u for each row x, and |v_x|^2; each of shape (n,)."""
        gram = self.gram(others)
        reach, length = np.empty(len(points)), np.empty(len(points))
        for rows in blocks(points, self._checkpoint, ROWS_AT_A_TIME):
            some = self.of(points[rows])
            reach[rows] = np.einsum("ij,ij->i", some @ gram, some)
            length[rows] = np.einsum("ij,ij->i", some, some)
        return reach, length
