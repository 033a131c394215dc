"""A ridge regression on embeddings with a constant: how far one more instance reaches, whatever its label.

With A = ridge I + sum over labelled of z z' for z = (x, 1), another instance x changes what is said of u by
z_u' A^-1 z_x / (1 + z_x' A^-1 z_x) times its surprise. Written v_u . v_x / (1 + |v_x|^2), for v = A^-1/2 z.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import information
from querist_server.engine.kernels.information import with_constant
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

ROWS_AT_A_TIME = 1024


class Reach:
    """How far instances reach, given what is known.

    Parameters
    ----------
    labelled : ndarray of shape (n_L, D) or None
    width : int
        Number of embedding columns D.
    ridge : float
    """

    def __init__(self, labelled: Array | None, width: int, ridge: float, checkpoint: Callable[[], None]) -> None:
        self._inverse = information.inverse(labelled, width, ridge, checkpoint)
        self._checkpoint = checkpoint

    def across(self, points: Array) -> FloatArray:
        """Return A^-1 z of each row (n, D), shape (n, D + 1): its product with another z is v . v."""
        return with_constant(points) @ self._inverse

    def squared_reach(self, points: Array, others: Array) -> tuple[FloatArray, FloatArray]:
        """Return the mean of (v_u . v_x)^2 over some others u for each row x, and |v_x|^2; each of shape (n,)."""
        moments: FloatArray = np.zeros(self._inverse.shape)
        for rows in blocks(others, self._checkpoint, ROWS_AT_A_TIME):
            some = with_constant(others[rows])
            moments += some.T @ some
        moments /= len(others)
        reach, length = np.empty(len(points)), np.empty(len(points))
        for rows in blocks(points, self._checkpoint, ROWS_AT_A_TIME):
            some = with_constant(points[rows])
            across = some @ self._inverse
            reach[rows] = np.einsum("ij,ij->i", across @ moments, across)
            length[rows] = np.einsum("ij,ij->i", across, some)
        return np.maximum(reach, 0), np.maximum(length, 0)  # rounding alone leads below
