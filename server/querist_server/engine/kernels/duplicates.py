"""Rows that are almost the same: a cosine similarity at or above a threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.vectors import REFERENCES_AT_A_TIME, ROWS_AT_A_TIME, blocks, unit_rows

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


def reached(similarities: Array, threshold: float) -> npt.NDArray[np.bool_]:
    """Return which similarities reach the threshold, but for rounding: the very same row reaches 1."""
    return similarities >= threshold - 64 * np.finfo(similarities.dtype).eps


def directions(points: Array) -> Array:
    """Return unit rows with two more columns, to be multiplied with those of `counterparts`.

    The product is the cosine; for two rows of zeros it is 1, and for zeros and anything else -1, which no threshold lets pass.
    """
    zero = ~points.any(axis=1)
    return np.column_stack((unit_rows(points), zero, ~zero))


def counterparts(points: Array) -> Array:
    """Return unit rows with two more columns, so that `directions(x) @ counterparts(y).T` is how alike x and y are."""
    zero = ~points.any(axis=1)
    unit = unit_rows(points)
    return np.column_stack((unit, np.where(zero, 1, -1).astype(unit.dtype), np.where(zero, -1, 0).astype(unit.dtype)))


def likeness(points: Array, references: Array, checkpoint: Callable[[], None]) -> FloatArray:
    """Return the highest cosine similarity of each row (n, D) to any reference (m, D); -1 without references."""
    best = np.full(len(points), -1.0)
    for rows in blocks(points, checkpoint, ROWS_AT_A_TIME):
        mine = directions(points[rows])
        for others in blocks(references, checkpoint, REFERENCES_AT_A_TIME):
            np.maximum(best[rows], (mine @ counterparts(references[others]).T).max(axis=1), out=best[rows])
    return best


def repeats(points: Array, threshold: float, checkpoint: Callable[[], None]) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Go through the rows in order and find those that are like an earlier row that is no repeat itself.

    Returns
    -------
    repeated : ndarray of shape (n,), bool
    similarities : ndarray of shape (n,)
        The highest similarity to an earlier row that stays.
    """
    repeated, best = np.zeros(len(points), bool), np.full(len(points), -1.0)
    staying = np.empty(0, np.int64)
    for rows in blocks(points, checkpoint, ROWS_AT_A_TIME):
        mine = directions(points[rows])
        for start in range(0, len(staying), REFERENCES_AT_A_TIME):
            checkpoint()
            earlier = counterparts(points[staying[start : start + REFERENCES_AT_A_TIME]])
            np.maximum(best[rows], (mine @ earlier.T).max(axis=1), out=best[rows])
        each = mine @ counterparts(points[rows]).T
        for row in range(len(mine)):
            among = ~repeated[rows.start : rows.start + row]
            if among.any():
                best[rows.start + row] = max(best[rows.start + row], float(each[row, :row][among].max()))
            repeated[rows.start + row] = reached(np.array(best[rows.start + row], mine.dtype), threshold)
        staying = np.append(staying, rows.start + np.flatnonzero(~repeated[rows]))
    return repeated, best
