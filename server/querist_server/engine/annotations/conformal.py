"""Sets of classes that hold the true one as often as was asked for: split conformal prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

FREE_RANKS, RANK_PENALTY = 2, 0.1
"""Of the score REGULARIZED: ranks that cost nothing, and what each further one costs."""


def unusualness(probabilities: FloatArray, score: str) -> FloatArray:
    """Return how unusual each class is for each row, (n, C): a name of the contract's `ConformalScore` says by what.

    Classes that tie have the same score.
    """
    if score == "LEAST_AMBIGUOUS":
        return 1 - probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=1)
    mass = np.cumsum(ordered, axis=1)
    ranks = np.broadcast_to(np.arange(1, probabilities.shape[1] + 1), mass.shape)
    last = _last_of_ties(ordered)
    values = np.take_along_axis(mass, last, axis=1)
    if score == "REGULARIZED":
        values = values + RANK_PENALTY * np.maximum(np.take_along_axis(ranks, last, axis=1) - FREE_RANKS, 0)
    unordered = np.empty_like(values)
    np.put_along_axis(unordered, order, values, axis=1)
    return unordered


def _last_of_ties(ordered: FloatArray) -> npt.NDArray[np.int64]:
    """Return, for each place of falling values (n, C), the last place with the same value."""
    classes = ordered.shape[1]
    ends = np.ones(ordered.shape, bool)
    ends[:, :-1] = ordered[:, :-1] != ordered[:, 1:]
    places = np.where(ends, np.arange(classes), classes)
    return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]


def thresholds(unusual: FloatArray, classes: npt.NDArray[np.int64], coverage: float, *, by_class: bool) -> FloatArray:
    """Return the largest score that a set takes in: one, (1,), or one for each class, (C,); infinite where rows are too few.

    Parameters
    ----------
    unusual : ndarray of shape (n, C)
        Of the calibration set.
    classes : ndarray of shape (n,)
        Its true classes.
    """
    own = unusual[np.arange(len(classes)), classes]
    if not by_class:
        return np.array([quantile(own, coverage)])
    return np.array([quantile(own[classes == each], coverage) for each in range(unusual.shape[1])])


def quantile(scores: FloatArray, coverage: float) -> float:
    """Return the score that one more exchangeable one is at most with the given probability; infinite where rows are too few."""
    rank = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank <= len(scores) else np.inf


def members(unusual: FloatArray, taken_in: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which classes are in the set of each row, (n, C)."""
    return np.asarray(unusual <= taken_in)
