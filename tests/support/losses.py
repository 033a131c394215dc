"""Losses and expected error reductions as they are defined, one candidate, one label, one instance at a time."""

from collections.abc import Callable

import numpy as np
from scipy import stats

LOSSES = ["ZERO_ONE", "LOG", "BRIER", "COST"]


def loss_of(kind: str, probabilities: np.ndarray, cost: np.ndarray | None = None) -> float:
    """Return the loss that is expected of one distribution if it is true."""
    if kind == "ZERO_ONE":
        return 1 - float(probabilities.max())
    if kind == "LOG":
        return float(stats.entropy(probabilities))
    if kind == "BRIER":
        return 1 - float((probabilities**2).sum())
    return min(float(probabilities @ cost[:, decision]) for decision in range(len(cost)))


def expected_reduction(
    kind: str,
    believed: np.ndarray,
    now: np.ndarray,
    after: Callable[[int, int], np.ndarray],
    cost: np.ndarray | None = None,
) -> np.ndarray:
    """Return the mean over instances of the loss now, less that expected.

    Parameters
    ----------
    believed : ndarray of shape (n, C)
        The probability of each label of each candidate.
    now : ndarray of shape (E, C)
    after : callable
        Returns the probabilities (E, C) once a candidate's label is known.
    """
    before = np.mean([loss_of(kind, row, cost) for row in now])
    return np.array(
        [
            before - sum(share * np.mean([loss_of(kind, row, cost) for row in after(x, y)]) for y, share in enumerate(labels))
            for x, labels in enumerate(believed)
        ]
    )
