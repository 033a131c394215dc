"""One member of each cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels.k_means import k_means

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


def take(points: Array, weights: FloatArray | None, draft: Draft, seed: int, iterations: int, checkpoint: Callable[[], None]) -> None:
    """Make as many clusters as are wanted, and take of each the open candidate nearest to its centre; then what is nearest to any centre.

    Parameters
    ----------
    points : ndarray of shape (n, D)
    weights : ndarray of shape (n,) or None
    draft : Draft
    seed, iterations : int
    checkpoint : callable
    """
    labels, centres = k_means(points, weights, draft.wanted, seed, iterations, checkpoint)
    squared = squared_to_own(points, centres, labels, checkpoint)
    mass = np.bincount(labels, weights, minlength=len(centres))
    members = np.lexsort((np.arange(len(points)), squared, labels))
    ends = np.cumsum(np.bincount(labels, minlength=len(centres)))
    for cluster in np.argsort(-mass, kind="stable").tolist():
        mine = members[ends[cluster - 1] if cluster else 0 : ends[cluster]]
        nearest = mine[draft.open[mine]][:1]
        if len(nearest) and not draft.full:
            draft.take(int(nearest[0]), cluster=cluster)
    rest = np.argsort(squared, kind="stable")
    for position in rest[draft.open[rest]].tolist():
        if draft.full:
            return
        if draft.open[position]:
            draft.take(position, cluster=int(labels[position]))


def squared_to_own(points: Array, centres: Array, labels: npt.NDArray[np.int64], checkpoint: Callable[[], None]) -> FloatArray:
    """Return the squared distance of each row to the centre of its cluster."""
    squared = np.empty(len(points))
    for start in range(0, len(points), 4096):
        checkpoint()
        difference = points[start : start + 4096] - centres[labels[start : start + 4096]]
        squared[start : start + 4096] = np.einsum("ij,ij->i", difference, difference)
    return squared
