"""Inverses of large positive definite matrices that can be stopped half-way, which those of linear algebra libraries cannot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BLOCK = 256
NO_RIDGE = 64 * float(np.finfo(np.float64).eps)
"""A regulariser below this share of the largest diagonal entry would be lost in its rounding, and is raised to it."""


def add_ridge(matrix: FloatArray, ridge: float) -> None:
    """Add a regulariser to the diagonal of a matrix (n, n) that is positive semidefinite but for rounding."""
    diagonal = np.einsum("ii->i", matrix)
    diagonal += max(ridge, NO_RIDGE * float(diagonal.max()))


def invert(matrix: FloatArray, checkpoint: Callable[[], None]) -> None:
    """Invert a positive definite matrix (n, n) where it stands, a block of columns at a time (Gauss and Jordan)."""
    count = len(matrix)
    for start in range(0, count, BLOCK):
        pivot = slice(start, min(start + BLOCK, count))
        inverse = np.linalg.inv(matrix[pivot, pivot])
        columns = matrix[:, pivot].copy()
        columns[pivot] = 0
        matrix[:, pivot] = 0
        rows = inverse @ matrix[pivot]
        rows[:, pivot] = inverse
        for first in range(0, count, BLOCK):
            checkpoint()
            some = slice(first, min(first + BLOCK, count))
            matrix[some] -= columns[some] @ rows
        matrix[pivot] = rows
