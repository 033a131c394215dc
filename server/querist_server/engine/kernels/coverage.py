"""Facility location: how well a set stands for a reference, evaluated in blocks that stay in cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import greedy
from querist_server.engine.kernels.similarity import Kernel
from querist_server.engine.kernels.vectors import blocks, unit_rows

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

REFERENCES_AT_A_TIME = 1024
"""References of one product: with `greedy.BLOCK_ROWS` candidates, half a mebibyte of similarities."""


class Coverage(greedy.Objective):
    """The weighted sum over references of the highest similarity to anything that was taken or covers them from the start.

    Parameters
    ----------
    points : ndarray of shape (n, D)
        Candidates.
    references : ndarray of shape (E, D)
        Rows of length 1.
    weights : ndarray of shape (E,), float64
        0 or more.
    kernel : Kernel
    checkpoint : callable
    """

    def __init__(self, points: Array, references: Array, weights: FloatArray, kernel: Kernel, checkpoint: Callable[[], None]) -> None:
        self._points, self._references, self._kernel, self._checkpoint = points, references, kernel, checkpoint
        self._weights = weights.astype(points.dtype) if weights.max(initial=0.0) > 0 else np.zeros(len(weights), points.dtype)
        self._covered = np.zeros(len(references), points.dtype)

    def cover(self, points: Array, factor: float = 1.0) -> None:
        """Let some points cover the references from the start, by their similarity times a factor."""
        for rows in blocks(points, self._checkpoint, greedy.BLOCK_ROWS):
            unit = unit_rows(points[rows])
            for some in blocks(self._references, self._checkpoint, REFERENCES_AT_A_TIME):
                best = self._kernel.between(unit, self._references[some]).max(axis=0) * factor
                np.maximum(self._covered[some], best, out=self._covered[some])

    def gains(self, positions: IndexArray) -> FloatArray:
        """Return what each candidate would add."""
        unit = unit_rows(self._points[positions])
        gains = np.zeros(len(positions))
        for some in blocks(self._references, self._checkpoint, REFERENCES_AT_A_TIME):
            better = self._kernel.between(unit, self._references[some])
            better -= self._covered[some]
            np.maximum(better, 0, out=better)
            gains += better @ self._weights[some]
        return gains

    def take(self, position: int) -> None:
        """Let a candidate cover the references."""
        self.cover(self._points[position : position + 1])
