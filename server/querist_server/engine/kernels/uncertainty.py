"""What one row of class probabilities says about its own uncertainty. All functions take [n, C] and return [n]."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.simplex import FEW_CLASSES

Array = npt.NDArray[Any]

FEW_ROWS = 512
"""Below so many rows, looking at one row after the other beats whole columns."""


def top_two(values: Array) -> tuple[Array, Array]:
    """Return the largest and the second largest value of each row; equal if two classes tie, and the second is 0 if there is one class.

    Parameters
    ----------
    values : ndarray of shape (n, C)
        float32 or float64.

    Returns
    -------
    first, second : ndarray of shape (n,)
        In the type of `values`.
    """
    classes = values.shape[1]
    if classes == 1:
        return values[:, 0], np.zeros_like(values[:, 0])
    if classes > FEW_CLASSES:
        return _top_two_of_many(values)
    first = np.maximum(values[:, 0], values[:, 1])
    second = np.minimum(values[:, 0], values[:, 1])
    loser = np.empty_like(first)
    for column in range(2, classes):
        np.minimum(first, values[:, column], out=loser)
        np.maximum(second, loser, out=second)
        np.maximum(first, values[:, column], out=first)
    return first, second


def leading(values: Array) -> tuple[Array, Array]:
    """Return the class with the largest value of each row, the lowest of equals, and that value.

    Parameters
    ----------
    values : ndarray of shape (n, C)
        float32 or float64, no NaN.

    Returns
    -------
    classes : ndarray of shape (n,), int64
    largest : ndarray of shape (n,)
        In the type of `values`.
    """
    best = most_likely(values)
    return best, values[np.arange(len(values)), best]


def most_likely(values: Array) -> npt.NDArray[np.int64]:
    """Return the class with the largest value of each row of [..., n, C], the lowest of equals; no NaN."""
    classes = values.shape[-1]
    if classes > FEW_CLASSES or values.size < FEW_ROWS * classes:
        return values.argmax(axis=-1)
    largest = values[..., 0].copy()
    found = np.zeros(largest.shape, np.uint8)
    for column in range(1, classes):
        np.maximum(found, (values[..., column] > largest) * np.uint8(column), out=found)  # whoever leads later has the higher number
        np.maximum(largest, values[..., column], out=largest)
    return found.astype(np.int64)


def _top_two_of_many(values: Array) -> tuple[Array, Array]:
    """Do the same where whole rows are contiguous, without a copy: the second is the larger of what stands before and behind the first."""
    count, classes = values.shape
    flat = np.ascontiguousarray(values).reshape(-1)
    winner = values.argmax(axis=1)
    starts = np.arange(count) * classes
    first = flat[starts + winner]
    edges = np.stack((starts, starts + winner, np.minimum(starts + winner + 1, starts + classes - 1)), axis=1)
    before, _, behind = np.maximum.reduceat(flat, edges.reshape(-1)).reshape(count, 3).T
    second = np.maximum(before, behind)
    second[winner == 0] = behind[winner == 0]
    last = winner == classes - 1
    second[last] = before[last]
    return first, second


def entropy(values: Array) -> Array:
    """Return -sum p log p of each row, in nats, with 0 log 0 = 0."""
    terms = values + np.finfo(values.dtype).tiny  # changes no sum, spares 0 its logarithm, and is quicker than to take the larger
    np.log(terms, out=terms)
    terms *= values
    total = terms.sum(axis=-1)
    return np.subtract(0.0, total, out=total)  # and not a negation, which would turn the certain row's 0 into -0


def gini(values: Array) -> Array:
    """Return 1 - sum p^2 of each row."""
    total = np.square(values).sum(axis=-1)
    return np.subtract(1.0, total, out=total)


def expected_costs(values: Array, cost: Array) -> Array:
    """Return the expected cost of each decision, [n, C]: entry j is sum over i of p_i cost[i, j].

    The sum runs over classes in order, one whole column at a time, so that a row's result does not depend on how many rows are beside it,
    as it would in a matrix product.
    """
    total = np.zeros(values.shape, np.float64)
    for true_class in range(values.shape[1]):
        total += values[:, true_class, None].astype(np.float64) * cost[true_class]
    return total
