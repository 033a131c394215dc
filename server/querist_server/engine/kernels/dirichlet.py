"""What a Dirichlet distribution over class probabilities says. All functions take parameters (n, C) above 0 and return (n,)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi, xlogy

FloatArray = npt.NDArray[np.float64]


def information(parameters: FloatArray) -> FloatArray:
    """Return the mutual information of label and probabilities, in nats: entropy of the mean less the mean entropy."""
    total = parameters.sum(axis=1, keepdims=True)
    mean = parameters / total
    expected = (mean * (psi(total + 1) - psi(parameters + 1))).sum(axis=1)
    return np.maximum(-xlogy(mean, mean).sum(axis=1) - expected, 0.0)  # rounding alone leads below


def variance(parameters: FloatArray) -> FloatArray:
    """Return the variances of the probabilities, summed over the classes."""
    total = parameters.sum(axis=1, keepdims=True)
    mean = parameters / total
    return np.asarray((mean * (1 - mean) / (total + 1)).sum(axis=1))


def entropy(parameters: FloatArray) -> FloatArray:
    """Return the differential entropy, in nats; it may be negative."""
    total = parameters.sum(axis=1)
    normaliser = gammaln(parameters).sum(axis=1) - gammaln(total)
    return np.asarray(normaliser + (total - parameters.shape[1]) * psi(total) - ((parameters - 1) * psi(parameters)).sum(axis=1))
