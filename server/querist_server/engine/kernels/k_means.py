"""k-means: seeds by k-means++, then Lloyd's rounds, in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from querist_server.engine.kernels import parallel, seeding

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

BLOCK_BYTES = 2**20
"""What the distances of a block of rows to all centres should weigh."""


def k_means(
    points: Array, weights: FloatArray | None, count: int, seed: int, iterations: int, checkpoint: Callable[[], None]
) -> tuple[IndexArray, Array]:
    """Return the cluster of each row and the centres.

    Parameters
    ----------
    points : ndarray of shape (n, D), float32 or float64
    weights : ndarray of shape (n,) or None
        0 or more; None: all alike.
    count : int
        Most clusters: there are fewer if fewer rows differ or have any weight.
    seed : int
    iterations : int
        Most rounds; it ends earlier when no row changes its cluster.
    checkpoint : callable

    Returns
    -------
    labels : ndarray of shape (n,), int64
    centres : ndarray of shape (k, D), in the type of the points
    """
    first = seeding.seeds(points, weights, count, seed, checkpoint)
    if not len(first):
        first = np.zeros(1, np.int64)
    middle = _middle(points[first])
    centres = points[first] - middle
    labels = assigned(points, centres, middle, checkpoint)
    for _ in range(iterations):
        centres = moved(points, weights, labels, centres, middle, checkpoint)
        fresh = assigned(points, centres, middle, checkpoint)
        if np.array_equal(fresh, labels):
            break
        labels = fresh
    return labels, centres + middle


def _middle(seeds: Array) -> Array:
    """Return the point about which distances are taken, to keep their digits: the mean of some rows, or the origin if that is near."""
    mean = seeds.mean(axis=0, dtype=np.float64)
    spread = float(((seeds - mean) ** 2).sum(axis=1).mean())
    return (mean if float(mean @ mean) > 4 * spread else np.zeros_like(mean)).astype(seeds.dtype)


def _about(block: Array, middle: Array) -> Array:
    return block - middle if middle.any() else block


def assigned(points: Array, centres: Array, middle: Array, checkpoint: Callable[[], None]) -> IndexArray:
    """Return the nearest centre of each row, the lowest number on a tie; centres are given about the middle."""
    halves = np.einsum("ij,ij->i", centres, centres) / 2
    labels = np.empty(len(points), np.int64)
    rows = max(16, BLOCK_BYTES // (points.itemsize * max(len(centres), points.shape[1])))

    def assign(some: slice) -> None:
        products = _about(points[some], middle) @ centres.T
        products -= halves
        labels[some] = products.argmax(axis=1)

    parallel.each(assign, parallel.pieces(len(points), rows), checkpoint)
    return labels


def moved(
    points: Array, weights: FloatArray | None, labels: IndexArray, centres: Array, middle: Array, checkpoint: Callable[[], None]
) -> Array:
    """Return the weighted mean of each cluster about the middle; a cluster without weight keeps its centre."""
    count = len(centres)
    shares = np.ones(len(points)) if weights is None else weights
    totals, sums = np.bincount(labels, shares, minlength=count), np.zeros((count, points.shape[1]))
    rows = max(16, BLOCK_BYTES // (points.itemsize * points.shape[1]))
    for start in range(0, len(points), rows):
        checkpoint()
        block, at = _about(points[start : start + rows], middle), labels[start : start + rows]
        members = sparse.csr_array((shares[start : start + rows].astype(block.dtype), (at, np.arange(len(at)))), shape=(count, len(at)))
        sums += members @ block  # within a block in the type of the points, over all blocks in FLOAT64
    weighty = totals > 0
    return np.where(weighty[:, None], sums / np.where(weighty, totals, 1.0)[:, None], centres).astype(points.dtype)
