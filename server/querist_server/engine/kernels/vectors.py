"""Vectors by their direction: rows scaled to length 1, in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BLOCK_BYTES = 2**20
"""What a block should weigh, so that it and a few arrays of its size stay in a core's cache."""


ROWS_AT_A_TIME, REFERENCES_AT_A_TIME = 256, 2048
"""Rows and references of one matrix product."""


def unit_rows(points: Array) -> Array:
    """Return rows (n, D) scaled to length 1, in their own type; a row of zeros stays zeros.

    Rows are scaled twice, so that squares neither overflow nor vanish.
    """
    scaled, lengths, _ = _scaled(points)
    scaled /= lengths
    return scaled


def inverse_lengths(points: Array) -> Array:
    """Return one over the length of each row, (n,), in their own type; 0 for a row of zeros, or of so little that its inverse overflows."""
    _, lengths, largest = _scaled(points)
    visible = largest > 4 / np.finfo(points.dtype).max
    inverse = 1 / (lengths * np.where(visible, largest, 1))
    return np.where(visible, inverse, 0)[:, 0]


def _scaled(points: Array) -> tuple[Array, Array, Array]:
    """Return rows whose largest entry is 1, their lengths, and what they were divided by; each with one column for n rows."""
    largest = np.abs(points).max(axis=1, keepdims=True)
    scaled = points / np.where(largest > 0, largest, 1)
    lengths = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))[:, None]
    return scaled, np.where(lengths > 0, lengths, 1), largest


def blocks(points: Array, checkpoint: Callable[[], None], rows: int | None = None) -> Iterator[slice]:
    """Give slices of the rows that each weigh about `BLOCK_BYTES`, asking before each whether to go on."""
    step = rows or max(1, BLOCK_BYTES // max(1, points.itemsize * int(np.prod(points.shape[1:]))))
    for start in range(0, len(points), step):
        checkpoint()
        yield slice(start, min(start + step, len(points)))


def squared_with_constant(points: Array | None) -> npt.NDArray[np.float64] | float:
    """Return the squared length of each row (n, D) with a constant 1 appended; 2 if there are none, as for rows of length 1."""
    if points is None:
        return 2.0
    wide = points.astype(np.float64)
    return 1 + np.einsum("ij,ij->i", wide, wide)


def cosines(points: Array, scale: Array, unit: Array, checkpoint: Callable[[], None]) -> npt.NDArray[np.float64]:
    """Return the cosine of each row to one vector of length 1 (or of zeros: then all are 0).

    Parameters
    ----------
    points : ndarray of shape (n, D)
    scale : ndarray of shape (n,)
        Their inverse lengths.
    unit : ndarray of shape (D,)
    """
    values = np.empty(len(points))
    for rows in blocks(points, checkpoint):
        values[rows] = (points[rows] @ unit) * scale[rows]
    return values


def highest_cosines(points: Array, scale: Array, references: Array, checkpoint: Callable[[], None]) -> npt.NDArray[np.float64]:
    """Return the highest cosine of each row (n, D) to any reference (m, D)."""
    best = np.full(len(points), -1.0)
    for some in blocks(references, checkpoint, REFERENCES_AT_A_TIME):
        unit = unit_rows(references[some]).T
        for rows in blocks(points, checkpoint, ROWS_AT_A_TIME):
            np.maximum(best[rows], (points[rows] @ unit).max(axis=1) * scale[rows], out=best[rows])
    return best


def smallest_gap(points: Array, checkpoint: Callable[[], None]) -> float | None:
    """Return the smallest distance above 0 between the directions of two rows (n, D); None if all are the same."""
    smallest = np.inf
    unit = unit_rows(points)
    for rows in blocks(unit, checkpoint, ROWS_AT_A_TIME):
        squared = 2 - 2 * (unit[rows] @ unit.T)
        apart = squared[squared > 64 * np.finfo(unit.dtype).eps]
        smallest = min(smallest, float(apart.min(initial=np.inf)))
    return float(np.sqrt(smallest)) if np.isfinite(smallest) else None
