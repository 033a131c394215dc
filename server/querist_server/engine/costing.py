"""Costs of labels, predicted from features by a model that is fitted to what labels cost before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RIDGES = np.logspace(-3, 6, 28)
"""Ridge parameters that are tried, for standardised features."""


@dataclass(frozen=True, eq=False)
class CostModel:
    """A ridge regression of the logarithm of the cost on standardised features.

    Attributes
    ----------
    mean, scale, slopes : ndarray of shape (F,)
    level : float
        Mean logarithm of the costs.
    error : float
        Leave-one-out root mean squared error of the logarithm.
    """

    mean: FloatArray
    scale: FloatArray
    slopes: FloatArray
    level: float
    error: float

    @classmethod
    def fitted(cls, features: FloatArray, costs: FloatArray) -> CostModel:
        """Fit, with the ridge parameter of the lowest leave-one-out error, which follows in closed form from one decomposition.

        Parameters
        ----------
        features : ndarray of shape (n, F)
        costs : ndarray of shape (n,)
            Above 0.
        """
        logs = np.log(costs)
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        level = float(logs.mean())
        left, singular, right = np.linalg.svd((features - mean) / scale, full_matrices=False)
        projected = left.T @ (logs - level)
        best: tuple[float, FloatArray] | None = None
        for ridge in RIDGES:
            shrink = singular**2 / (singular**2 + ridge)
            residuals = logs - level - left @ (shrink * projected)
            leverages = 1 / len(costs) + (left * left) @ shrink
            error = float(np.sqrt(np.mean((residuals / np.maximum(1 - leverages, 1e-12)) ** 2)))
            if best is None or error < best[0]:
                best = error, right.T @ (singular / (singular**2 + ridge) * projected)
        if best is None:
            raise AssertionError("there is at least one ridge parameter")
        return cls(mean, scale, best[1], level, best[0])

    def predict(self, features: FloatArray) -> FloatArray:
        """Return the costs (n,) of instances by their features (n, F); infinite where they are beyond what a float64 holds."""
        with np.errstate(over="ignore"):
            return np.exp(self.level + ((features - self.mean) / self.scale) @ self.slopes)
