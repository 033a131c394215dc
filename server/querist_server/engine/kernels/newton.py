"""A softmax layer on embeddings with a constant: fitted, and one Newton step away from knowing another label.

The Hessian is taken class by class, H_c = ridge I + sum over labelled of p_c (1 - p_c) z z' for z = (x, 1), which keeps its size at D x D.
Knowing that x has the label y moves the logit of class c at u by (1[y = c] - p_xc) g_c, with
g_c = z_u' H_c^-1 z_x / (1 + p_xc (1 - p_xc) z_x' H_c^-1 z_x).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from querist_server.engine.kernels.information import with_constant
from querist_server.engine.kernels.inverse import add_ridge, invert
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

MOST_ITERATIONS = 1000
ROWS_AT_A_TIME = 1024


def fitted(points: Array, classes: npt.NDArray[np.int64], count: int, ridge: float, checkpoint: Callable[[], None]) -> FloatArray:
    """Return the weights (C, D + 1), constant last, that minimise the sum of log losses + ridge / 2 x the sum of squared weights."""
    known = with_constant(points)
    size = max(float(np.abs(known).max()), 1.0)
    known /= size  # weights grow by as much as embeddings shrink
    targets: FloatArray = np.zeros((len(known), count))
    targets[np.arange(len(known)), classes] = 1.0

    def objective(flat: FloatArray) -> tuple[float, FloatArray]:
        checkpoint()
        weights = flat.reshape(count, -1)
        logits = known @ weights.T
        loss = special.logsumexp(logits, axis=1).sum() - (logits * targets).sum()
        gradient = (special.softmax(logits, axis=1) - targets).T @ known + ridge / size**2 * weights
        return float(loss + ridge / size**2 / 2 * (weights * weights).sum()), gradient.ravel()

    start = np.zeros(count * known.shape[1])
    found = optimize.minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS, "gtol": 1e-9, "ftol": 1e-15, "maxcor": 20}
    )
    return np.asarray(found.x.reshape(count, -1) / size)


class Layer:
    """A softmax layer and the Hessian of its loss over the labelled set.

    Parameters
    ----------
    weights : ndarray of shape (C, D + 1)
        Constant last.
    labelled : ndarray of shape (n_L, D)
    ridge : float
    """

    def __init__(self, weights: FloatArray, labelled: Array, ridge: float, checkpoint: Callable[[], None]) -> None:
        self._weights, self._checkpoint = weights, checkpoint
        hessians: FloatArray = np.zeros((len(weights), weights.shape[1], weights.shape[1]))
        for rows in blocks(labelled, checkpoint, ROWS_AT_A_TIME):
            known = with_constant(labelled[rows])
            for hessian, share in zip(hessians, self.probabilities(known), strict=True):
                checkpoint()
                hessian += known.T @ (known * (share * (1 - share))[:, None])
        for hessian in hessians:
            add_ridge(hessian, ridge)
            invert(hessian, checkpoint)
        self._inverses = hessians

    def logits(self, known: FloatArray) -> FloatArray:
        """Return the logits (C, n) of rows with a constant (n, D + 1)."""
        return np.asarray(self._weights @ known.T)

    def probabilities(self, known: FloatArray) -> FloatArray:
        """Return the probabilities (C, n) of rows with a constant (n, D + 1)."""
        return np.asarray(special.softmax(self.logits(known), axis=0))

    def towards(self, known: FloatArray) -> FloatArray:
        """Return H_c^-1 z for each class and row, shape (C, D + 1, n)."""
        directions = np.empty((len(self._inverses), known.shape[1], len(known)))
        for into, inverse in zip(directions, self._inverses, strict=True):
            for rows in blocks(known, self._checkpoint, ROWS_AT_A_TIME):
                into[:, rows] = inverse @ known[rows].T
        return directions

    def leverage(self, known: FloatArray) -> FloatArray:
        """Return z' H_c^-1 z for each class and row, shape (C, n)."""
        lengths = np.empty((len(self._inverses), len(known)))
        for into, inverse in zip(lengths, self._inverses, strict=True):
            for rows in blocks(known, self._checkpoint, ROWS_AT_A_TIME):
                into[rows] = np.einsum("ij,ij->i", known[rows] @ inverse, known[rows])
        return np.maximum(lengths, 0, out=lengths)  # rounding alone leads below
