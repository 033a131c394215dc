"""Seeds in proportion to weight times squared distance: k-means++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import noise, sampling
from querist_server.engine.kernels.distances import Nearest

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


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


def seeds(points: Array, weights: FloatArray | None, count: int, seed: int, checkpoint: Callable[[], None]) -> npt.NDArray[np.int64]:
    """Return positions of at most so many seeds, none twice; fewer if fewer rows differ or have any weight."""
    seeding = Seeding(points, weights, seed, noise.Purpose.SEEDING, checkpoint)
    everyone = np.ones(len(points), bool)
    found: list[int] = []
    while len(found) < count:
        position = seeding.draw(everyone)
        if position is None:
            break
        found.append(position)
        seeding.add(position)
    return np.array(found, np.int64)
