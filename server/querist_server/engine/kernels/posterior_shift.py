"""How far labels move a Bayesian ridge regression: a bound on how far its error can move (Ishibashi and Hino, AISTATS 2020)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import linalg, special

FloatArray = npt.NDArray[np.float64]


def bound(divergence: FloatArray) -> FloatArray:
    """Return exp(L) - 1 for L = W((KL - 1) / e) + 1, elementwise, for divergences of 0 or more."""
    return np.expm1(special.lambertw((divergence - 1) / np.e).real + 1)


def stability(features: FloatArray, targets: FloatArray, known: int, checkpoint: Callable[[], None]) -> float:
    """Return the sum of both directions' bounds over the labels beyond the first `known`, taken in one by one.

    Parameters
    ----------
    features : ndarray of shape (n, D)
        Scaled to a root mean squared length of 1; the prior has unit variance, and so has the noise.
    targets : ndarray of shape (n, C)
        One regression for each column, all with the same covariance.
    known : int
        From 0 to n - 1.
    checkpoint : callable
        Called at each label.
    """
    old = features[:known]
    factor = linalg.cho_factor(np.eye(features.shape[1]) + old.T @ old)
    covariance = linalg.cho_solve(factor, np.eye(features.shape[1]))
    mean = covariance @ (old.T @ targets[:known])
    total = 0.0
    for row, target in zip(features[known:], targets[known:], strict=True):
        checkpoint()
        spread = covariance @ row
        variance = float(row @ spread)
        misses = target - row @ mean
        squares = float(misses @ misses)
        outputs = targets.shape[1]
        share = variance / (1 + variance)
        after_from_before = (outputs * (np.log1p(variance) - share) + share * squares / (1 + variance)) / 2
        before_from_after = (outputs * (variance - np.log1p(variance)) + share * squares) / 2
        total += float(bound(np.array([after_from_before, before_from_after])).sum())
        mean += np.outer(spread, misses) / (1 + variance)
        covariance -= np.outer(spread, spread) / (1 + variance)
    return total
