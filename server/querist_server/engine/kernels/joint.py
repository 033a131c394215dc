"""What a committee expects of one instance once the label of another is known: members are weighted anew by Bayes' rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.risk import TINY
from querist_server.engine.kernels.vectors import blocks

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

ROWS_AT_A_TIME = 2048


def gram(members: Array, checkpoint: Callable[[], None]) -> FloatArray:
    """Return the mean over rows of the sum over classes of P_k(c) P_j(c), shape (K, K), of members (n, K, C)."""
    count = members.shape[1]
    total: FloatArray = np.zeros((count, count))
    for rows in blocks(members, checkpoint, ROWS_AT_A_TIME):
        flat = by_member(members[rows])
        total += flat @ flat.T
    return total / len(members)


def by_member(members: Array) -> FloatArray:
    """Return members (n, K, C) as (K, n C)."""
    return np.ascontiguousarray(np.moveaxis(members, 1, 0), np.float64).reshape(members.shape[1], -1)


def brier_reduction(members: Array, weights: FloatArray, products: FloatArray, checkpoint: Callable[[], None]) -> FloatArray:
    """Return sum_y a_y' M a_y / P(y) - w' M w for each row, (n,), with a_yk = w_k P_k(y): the expected fall of the Brier loss.

    Parameters
    ----------
    members : ndarray of shape (n, K, C)
    weights : ndarray of shape (K,)
    products : ndarray of shape (K, K)
        M, by `gram`.
    """
    now = float(weights @ products @ weights)
    reduction = np.empty(len(members))
    for rows in blocks(members, checkpoint, ROWS_AT_A_TIME):
        some = by_member(members[rows]) * weights[:, None]
        quadratic = np.einsum("ij,ij->j", products @ some, some)
        quadratic /= some.sum(axis=0) + TINY
        reduction[rows] = quadratic.reshape(-1, members.shape[2]).sum(axis=1) - now
    return np.maximum(reduction, 0, out=reduction)  # rounding alone leads below
