"""Exact nearest neighbours, in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

BLOCK_BYTES = 2**21
"""What the distances of a block of queries to all references should weigh."""


def nearest(
    queries: Array, references: Array, count: int, checkpoint: Callable[[], None], own: IndexArray | None = None
) -> tuple[FloatArray, IndexArray]:
    """Return the nearest references of each query.

    Candidates are found by inner products about the references' mean; their distances are then taken by differences.

    Parameters
    ----------
    queries : ndarray of shape (n, D)
    references : ndarray of shape (m, D)
    count : int
        How many neighbours; at most as many as there are references, less the query itself where it is one.
    checkpoint : callable
    own : ndarray of shape (n,), int64, optional
        The position among the references of each query itself, which is no neighbour of its own; -1 for none.

    Returns
    -------
    distances : ndarray of shape (n, count), float64
        Euclidean, rising.
    positions : ndarray of shape (n, count), int64
    """
    middle = references.mean(axis=0, dtype=np.float64).astype(references.dtype)
    moved = references - middle
    halves = np.einsum("ij,ij->i", moved, moved) / 2
    distances, positions = np.empty((len(queries), count)), np.empty((len(queries), count), np.int64)
    rows = max(8, BLOCK_BYTES // (references.itemsize * max(len(references), references.shape[1])))
    for start in range(0, len(queries), rows):
        checkpoint()
        block = queries[start : start + rows]
        order = halves - (block - middle) @ moved.T
        if own is not None:
            mine = own[start : start + rows]
            order[np.flatnonzero(mine >= 0), mine[mine >= 0]] = np.inf
        found = np.argpartition(order, count - 1, axis=1)[:, :count] if count < len(references) else np.argsort(order, axis=1)
        gaps = _distances(block, references, found)
        rising = np.lexsort((found, gaps), axis=1)
        distances[start : start + rows] = np.take_along_axis(gaps, rising, axis=1)
        positions[start : start + rows] = np.take_along_axis(found, rising, axis=1)
    return distances, positions


def _distances(block: Array, references: Array, found: IndexArray) -> FloatArray:
    gaps = np.empty(found.shape)
    for column in range(found.shape[1]):
        difference = block - references[found[:, column]]
        gaps[:, column] = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return gaps
