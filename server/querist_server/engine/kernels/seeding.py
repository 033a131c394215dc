"""Seeds in proportion to weight times squared distance: k-means++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import noise, sampling, top
from querist_server.engine.kernels.distances import Nearest

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

ROWS_A_SEED = 32
"""Rows that are looked at for each seed of k-means, at most."""


class Seeding:
    """Draws one position after the other (Arthur and Vassilvitskii, SODA 2007).

    Parameters
    ----------
    points : ndarray of shape (n, D)
    weights : ndarray of shape (n,) or None
        0 or more; None: all alike.
    seed : int
    purpose : noise.Purpose
        What the draws are for.
    checkpoint : callable
    """

    def __init__(
        self, points: Array, weights: FloatArray | None, seed: int, purpose: noise.Purpose, checkpoint: Callable[[], None]
    ) -> None:
        self.nearest = Nearest(points, checkpoint)
        self._points = points
        self._weights = np.ones(len(points)) if weights is None else weights
        self._seed, self._purpose = seed, purpose
        self._step = 0

    def draw(self, among: npt.NDArray[np.bool_]) -> int | None:
        """Return the next position, from those that may be drawn; None if none has any weight left. It is not a centre before `add`."""
        uniform = float(noise.uniform(self._seed, self._purpose, np.array([self._step]))[0])
        self._step += 1
        squared = self.nearest.squared if self.nearest.centres else 1.0
        return sampling.draw(np.where(among, self._weights * squared, 0.0), uniform)

    def add(self, position: int) -> None:
        """Make a position a centre."""
        self.nearest.add(self._points[position])


def seeds(points: Array, weights: FloatArray | None, count: int, seed: int, checkpoint: Callable[[], None]) -> IndexArray:
    """Return positions of at most so many seeds for k-means, none twice; fewer if fewer rows differ or have any weight.

    They are drawn among `ROWS_A_SEED` random rows for each. At each step several are drawn and the one is kept that leaves the least sum of
    weighted squared distances: greedy k-means++, which misses far fewer clusters than single draws.

    Parameters
    ----------
    points : ndarray of shape (n, D)
    weights : ndarray of shape (n,) or None
        0 or more.
    count, seed : int
    checkpoint : callable
    """
    rows = np.arange(len(points)) if weights is None else np.flatnonzero(weights > 0)
    if len(rows) > ROWS_A_SEED * count:
        draws = noise.uniform(seed, noise.Purpose.SEEDING_ROWS, rows)
        few = np.sort(top.top(draws, rows, ROWS_A_SEED * count))
        found = _greedy_seeds(points[rows[few]], None if weights is None else weights[rows[few]], count, seed, checkpoint)
        if len(found) == count:
            return rows[few][found]
    return rows[_greedy_seeds(points[rows], None if weights is None else weights[rows], count, seed, checkpoint)]


def _greedy_seeds(points: Array, weights: FloatArray | None, count: int, seed: int, checkpoint: Callable[[], None]) -> IndexArray:
    moved = points - points.mean(axis=0, dtype=np.float64).astype(points.dtype) if len(points) else points
    halves = np.einsum("ij,ij->i", moved, moved) / 2  # of squared lengths, and below of squared distances
    rounding = 64 * np.finfo(moved.dtype).eps
    shares = np.ones(len(moved)) if weights is None else weights
    parts = (shares / max(shares.sum(), np.finfo(np.float64).tiny)).astype(moved.dtype)  # so that no sum overflows
    trials = 2 + int(np.log(count))
    nearest = np.full(len(moved), np.inf, moved.dtype)
    found: list[int] = []
    for step in range(count):
        checkpoint()
        uniform = noise.uniform(seed, noise.Purpose.SEEDING, np.arange(step * trials, (step + 1) * trials))
        mass = np.cumsum(shares * nearest) if found else np.cumsum(shares)
        if not len(mass) or not mass[-1] > 0:
            break
        drawn = np.searchsorted(mass, np.minimum(uniform * mass[-1], np.nextafter(mass[-1], 0.0)), side="right")
        sums = halves + halves[drawn, None]
        gaps = sums - moved[drawn] @ moved.T
        sums *= rounding
        np.copyto(gaps, 0, where=gaps <= sums)
        np.minimum(gaps, nearest, out=gaps)
        best = int((gaps @ parts).argmin())
        nearest = gaps[best].copy()
        nearest[drawn[best]] = 0
        found.append(int(drawn[best]))
    return np.array(found, np.int64)
