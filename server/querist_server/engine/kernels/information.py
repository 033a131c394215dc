"""What a linear model on embeddings knows: its information matrix, and variances under it. A constant is appended to each embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.inverse import add_ridge, invert
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


def with_constant(points: Array) -> FloatArray:
    """Return rows (n, D) as (n, D + 1) with a last column of ones."""
    return np.column_stack((points.astype(np.float64), np.ones(len(points))))


def inverse(labelled: Array | None, width: int, ridge: float, checkpoint: Callable[[], None]) -> FloatArray:
    """Return (ridge I + sum over labelled of x x')^-1, shape (D + 1, D + 1)."""
    total: FloatArray = np.zeros((width + 1, width + 1))
    if labelled is not None:
        for rows in blocks(labelled, checkpoint):
            known = with_constant(labelled[rows])
            total += known.T @ known
    add_ridge(total, ridge)
    invert(total, checkpoint)
    return total


def quadratic(points: Array, matrix: FloatArray, checkpoint: Callable[[], None]) -> FloatArray:
    """Return x' M x of each row, (n,)."""
    values = np.empty(len(points))
    for rows in blocks(points, checkpoint):
        block = with_constant(points[rows])
        values[rows] = np.einsum("ij,ij->i", block @ matrix, block)
    return values


def products(points: Array, direction: FloatArray, checkpoint: Callable[[], None]) -> FloatArray:
    """Return the product of each row with a direction (D + 1,), (n,)."""
    values = np.empty(len(points))
    for rows in blocks(points, checkpoint):
        values[rows] = points[rows].astype(np.float64, copy=False) @ direction[:-1]  # in FLOAT64: errors add up over the picks
    return values + direction[-1]
