"""Euclidean distances, in blocks.

Differences are squared and summed as they are, in the type of the points: the expansion through inner products is faster, but loses all
digits for points that are close to each other and far from the origin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import parallel

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

BLOCK_BYTES = 2**20
"""What a block should weigh: it and its differences should stay in a core's cache."""


def squared_to(points: Array, centre: Array, checkpoint: Callable[[], None] = lambda: None, among: IndexArray | None = None) -> FloatArray:
    """Return the squared distances of rows to a point.

    Parameters
    ----------
    points : ndarray of shape (n, D), float32 or float64
    centre : ndarray of shape (D,)
    checkpoint : callable
        Called between blocks.
    among : ndarray of int64, optional
        Positions of the rows; default: all.
    """
    count = len(points) if among is None else len(among)
    rows = max(1, BLOCK_BYTES // (points.itemsize * points.shape[1]))
    distances = np.empty(count)

    def measure(some: slice) -> None:
        difference = points[some] - centre if among is None else np.take(points, among[some], axis=0)
        if among is not None:
            difference -= centre
        distances[some] = np.einsum("ij,ij->i", difference, difference)

    parallel.each(measure, parallel.pieces(count, rows), checkpoint)
    return distances


def nearest_of(points: Array, centres: Array, checkpoint: Callable[[], None]) -> tuple[FloatArray, IndexArray]:
    """Return the squared distance of each row (n, D) to the nearest of many centres (m, D), and which that is.

    The nearest is found by inner products about the centres' mean, and its distance then taken by differences.
    """
    middle = centres.mean(axis=0, dtype=np.float64).astype(centres.dtype)
    moved = centres - middle
    halves = np.einsum("ij,ij->i", moved, moved) / 2
    rows = max(1, BLOCK_BYTES // (points.itemsize * max(len(centres), points.shape[1])))
    squared, owner = np.empty(len(points)), np.empty(len(points), np.int64)
    for start in range(0, len(points), rows):
        checkpoint()
        block = points[start : start + rows]
        owner[start : start + rows] = (halves - (block - middle) @ moved.T).argmin(axis=1)
        difference = block - centres[owner[start : start + rows]]
        squared[start : start + rows] = np.einsum("ij,ij->i", difference, difference)
    return squared, owner


class Places:
    """Points to which others are added one by one.

    Parameters
    ----------
    first : ndarray of shape (n, D)
        Perhaps none.
    """

    def __init__(self, first: Array) -> None:
        self._held = np.concatenate((first, np.empty((16, first.shape[1]), first.dtype)))
        self._count = len(first)

    def __len__(self) -> int:
        return self._count

    @property
    def points(self) -> Array:
        """All of them, (n, D); to be read before the next comes."""
        return self._held[: self._count]

    def add(self, point: Array) -> None:
        """Add a point (D,)."""
        if self._count == len(self._held):
            self._held = np.concatenate((self._held, np.empty_like(self._held)))
        self._held[self._count] = point
        self._count += 1


class Nearest:
    """Squared distances of points to the nearest of a growing set of centres.

    A new centre is compared only with the points that it can come closest to: by the triangle inequality, a point stays with its centre if
    the new one is at least twice as far from that centre as the point is.

    Parameters
    ----------
    points : ndarray of shape (n, D)
    checkpoint : callable
        Called between blocks.
    """

    def __init__(self, points: Array, checkpoint: Callable[[], None]) -> None:
        self.squared = np.full(len(points), np.inf)
        """To the nearest centre; infinite without any."""
        self.owner = np.zeros(len(points), np.int64)
        """Number of the nearest centre, in the order in which they came; the earlier on a tie."""
        self._points, self._checkpoint = points, checkpoint
        self._places = Places(points[:0])
        self._slack = 1 - 64 * float(np.finfo(points.dtype).eps)

    def start(self, centres: Array) -> None:
        """Begin with many centres at once, (m, D)."""
        self.squared, self.owner = nearest_of(self._points, centres, self._checkpoint)
        self._places = Places(centres)

    @property
    def centres(self) -> int:
        """How many there are."""
        return len(self._places)

    def add(self, centre: Array) -> None:
        """Add a centre (D,)."""
        between = squared_to(self._places.points, centre, self._checkpoint)
        within = self.squared * 4 > (between * self._slack)[self.owner] if self.centres else np.ones(len(self.squared), bool)
        contenders = np.flatnonzero(within)
        if len(contenders) > len(within) // 2:  # gathering them would cost more than it spares
            gaps = squared_to(self._points, centre, self._checkpoint)
            closer = np.flatnonzero(gaps < self.squared)
            self.squared[closer] = gaps[closer]
        else:
            gaps = squared_to(self._points, centre, self._checkpoint, contenders)
            lower = gaps < self.squared[contenders]
            closer = contenders[lower]
            self.squared[closer] = gaps[lower]
        self.owner[closer] = self.centres
        self._places.add(centre)
