"""The harmonic function on a graph of labelled and unlabelled nodes: each unlabelled node is the weighted mean of its neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.inverse import invert

FloatArray = npt.NDArray[np.float64]

TIE = 1e-6
"""How strongly each node is tied to the prior, in mean degrees."""


def harmonic(weights: FloatArray, labelled: FloatArray, prior: FloatArray, checkpoint: Callable[[], None]) -> tuple[FloatArray, FloatArray]:
    """Return the inverse Laplacian (n, n), in the memory of the weights, and the values of the classes at each node, (C, n).

    Parameters
    ----------
    weights : ndarray of shape (n, n)
        Of the edges between unlabelled nodes, 0 or more; the diagonal does not matter.
    labelled : ndarray of shape (C, n)
        For each node and class, the sum of its edges to labelled nodes of that class.
    prior : ndarray of shape (C,)
        What a node without any edge is like; sums to 1.
    """
    np.fill_diagonal(weights, 0)
    degrees = weights.sum(axis=1) + labelled.sum(axis=0)
    tie = TIE * float(degrees.mean()) or 1.0
    np.negative(weights, out=weights)
    np.fill_diagonal(weights, degrees + tie)
    invert(weights, checkpoint)
    values = (labelled + tie * prior[:, None]) @ weights
    return weights, values
