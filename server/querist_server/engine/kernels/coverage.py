"""Facility location: how well a set stands for a reference, evaluated in blocks that stay in cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import greedy, parallel
from querist_server.engine.kernels.similarity import Kernel
from querist_server.engine.kernels.vectors import blocks, unit_rows

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

REFERENCES_AT_A_TIME = 1024
"""References of one product: with `greedy.BLOCK_ROWS` candidates, half a mebibyte of similarities."""


PAST_BYTES = 16 * 2**20
"""What is remembered of how well the references were covered before."""
MOST_CHANGED = 0.75
"""Share of the references up to which it is cheaper to look at those alone whose coverage has changed."""


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

    tightens = True

    def __init__(self, points: Array, references: Array, weights: FloatArray, kernel: Kernel, checkpoint: Callable[[], None]) -> None:
        self._points, self._references, self._kernel, self._checkpoint = points, references, kernel, checkpoint
        self._weights = weights.astype(points.dtype) if weights.max(initial=0.0) > 0 else np.zeros(len(weights), points.dtype)
        self._covered = np.zeros(len(references), points.dtype)
        self._nothing = np.zeros(len(references), points.dtype)  # numpy compares two rows three times as fast as a row and a number
        self.rounding = 4 * float(np.finfo(points.dtype).eps) * float(np.linalg.norm(self._weights))
        self._taken = 0
        self._past: dict[int, Array] = {}

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
            np.maximum(better, self._nothing[some], out=better)
            gains += better @ self._weights[some]
        return gains

    def take(self, position: int) -> None:
        """Let a candidate cover the references."""
        self._past[self._taken] = self._covered.copy()
        if len(self._past) * self._covered.nbytes > PAST_BYTES:
            del self._past[min(self._past)]
        self._taken += 1
        self.cover(self._points[position : position + 1])

    def tightened(self, positions: IndexArray, bounds: FloatArray, since: IndexArray) -> FloatArray:
        """Take off from each bound what the references that are better covered since then take from it."""
        found = np.empty(len(positions))
        order = np.argsort(since, kind="stable")  # so that candidates of a block have seen about the same references change

        def tighten(rows: slice) -> None:
            some = order[rows]
            found[some] = self._tightened(positions[some], bounds[some], since[some])

        parallel.each(tighten, parallel.pieces(len(order), greedy.BLOCK_ROWS), self._checkpoint)
        return found

    def _tightened(self, positions: IndexArray, bounds: FloatArray, since: IndexArray) -> FloatArray:
        before = self._past.get(int(since[0]))
        changed = np.arange(len(self._covered)) if before is None else np.flatnonzero(self._covered > before)
        if before is None or len(changed) > MOST_CHANGED * len(self._covered):
            return self.gains(positions)
        moments, moment = np.unique(since, return_inverse=True)
        of_each = 0 if len(moments) == 1 else moment  # mostly all of a block are of one moment, whose row then serves them all
        unit = unit_rows(self._points[positions])
        lost = np.zeros(len(positions))
        for some in (changed[rows] for rows in blocks(changed, self._checkpoint, REFERENCES_AT_A_TIME)):
            covered = np.stack([self._past[each][some] for each in moments.tolist()])
            risen = self._covered[some] - covered
            better = self._kernel.between(unit, self._references[some])
            better -= covered[of_each]
            np.maximum(better, self._nothing[: len(some)], out=better)
            np.minimum(better, risen[of_each], out=better)
            lost += better @ self._weights[some]
        rounding = np.finfo(unit.dtype).eps  # of each difference, and of the sums of a block: the bounds must stay bounds
        return bounds - lost * (1 - REFERENCES_AT_A_TIME * rounding) + 4 * rounding * float(self._weights[changed].sum())
