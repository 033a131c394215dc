"""Labels that do not exclude each other: what their probabilities [n, L] say, and how label sets compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

PAIRS_AT_A_TIME = 2**16
"""Pairs of label sets that are compared at a time."""


def margins(probabilities: Array) -> FloatArray:
    """Return |2 p - 1| of each label, [n, L]: 0 where nothing is known, 1 where it is certain."""
    return np.abs(2 * probabilities.astype(np.float64) - 1)


def entropies(probabilities: Array) -> FloatArray:
    """Return -p log p - (1 - p) log(1 - p) of each label, [n, L], in nats."""
    p = probabilities.astype(np.float64)
    return -(_x_log_x(p) + _x_log_x(1 - p))


def mean_of_highest(values: FloatArray, m: int) -> FloatArray:
    """Return the mean of the m highest values of each row, [n, L] to [n]; of all if there are fewer."""
    width = values.shape[1]
    highest = np.sort(values, axis=1)[:, max(0, width - m) :]
    return highest.sum(axis=1) / highest.shape[1]


def loss_reduction(probabilities: Array) -> FloatArray:
    """Return the sum over labels of (1 - y (2 p - 1)) / 2; y is 1 for as many most likely labels as are likelier than not (at least 1)."""
    p = probabilities.astype(np.float64)
    positives = np.maximum(1, (p > 0.5).sum(axis=1))
    falling = -np.sort(-p, axis=1)
    gains = np.where(np.arange(p.shape[1]) < positives[:, None], 1 - falling, falling)
    return gains.sum(axis=1)


def cardinality_gap(probabilities: Array, sets: npt.NDArray[np.bool_]) -> FloatArray:
    """Return how far the number of likely labels of each row [n, L] is from the mean number of labels of given sets [m, L]."""
    return np.abs((probabilities > 0.5).sum(axis=1) - float(sets.sum()) / len(sets))


def inconsistency(probabilities: Array, sets: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the mean entropy distance of each row's likely labels [n, L] to given sets [m, L].

    With the shares of labels that both have, one has or none has, the distance is (2 H(a, b) - H(a) - H(b)) / H(a, b) for the entropies H;
    1 for sets that are each other's complement, and 0 where both hold all labels or none.
    """
    predicted = (probabilities > 0.5).astype(np.float64)
    width = predicted.shape[1]
    terms = _x_log_x(np.arange(width + 1) / width)
    mine = predicted.sum(axis=1).astype(np.int64)
    total = np.zeros(len(predicted))
    step = max(1, PAIRS_AT_A_TIME // max(1, len(predicted)))
    for start in range(0, len(sets), step):
        chunk = sets[start : start + step]
        theirs = chunk.sum(axis=1)
        both = (predicted @ chunk.T.astype(np.float64)).astype(np.int64)  # whole numbers, so that the product is exact
        only_mine, only_theirs = mine[:, None] - both, theirs - both
        neither = width - both - only_mine - only_theirs
        joint = -(terms[both] + terms[only_mine] + terms[only_theirs] + terms[neither])
        single = -(terms[mine] + terms[width - mine])[:, None] - (terms[theirs] + terms[width - theirs])
        distance = np.where(joint > 0, (2 * joint - single) / np.where(joint > 0, joint, 1.0), 0.0)
        distance[(both == 0) & (neither == 0)] = 1.0
        for column in range(distance.shape[1]):  # one after the other, so that the sum does not depend on how many rows are beside
            total += distance[:, column]
    return total / len(sets)


def _x_log_x(values: FloatArray) -> FloatArray:
    return values * np.log(np.where(values > 0, values, 1.0))
