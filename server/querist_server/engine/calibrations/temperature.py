"""Temperature scaling: one number by which logits are divided, found on instances with known classes (Guo et al., ICML 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from querist_server.engine.kernels import simplex

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

LEAST_PROBABILITY = 1e-12
"""Probabilities below it count as this much, so that none is beyond correction."""
WIDEST = float(np.log(1000))
"""How far from 0 the logarithm of the temperature is looked for."""
STEPS = 57
NEAR = 1e-6
"""How far around the lowest loss its slope is looked at: losses alone, which are flat there, tell the place to some 1e-8."""
FEW_ROWS, PRIOR_DEVIATION = 200, 0.5
"""Below so many instances the logarithm of the temperature is drawn towards 0, by a normal prior with this standard deviation."""
BINS = 15


@dataclass(frozen=True)
class Quality:
    """How honest probabilities are; the fields are those of the contract's `CalibrationQuality`."""

    log_loss: float
    brier_score: float
    calibration_error: float


@dataclass(frozen=True)
class Temperature:
    """A temperature that was fitted, and what it does to the instances that it was fitted to.

    Attributes
    ----------
    temperature : float
    rows : int
        Instances with a weight above 0.
    before, after : Quality
    bounded : bool
        Whether the best temperature is inside of what was searched.
    """

    temperature: float
    rows: int
    before: Quality
    after: Quality
    bounded: bool

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # logits near the largest float
    def fitted(cls, logits: FloatArray, classes: npt.NDArray[np.int64], weights: FloatArray) -> Temperature:
        """Return the temperature of the highest likelihood.

        The likelihood is looked at on a grid and then between the best point's neighbours, which finds the highest even where the prior
        makes a second one. The place where its slope is 0 is then the same on any processor, but for the last digits.

        Parameters
        ----------
        logits : ndarray of shape (n, C)
            Finite; logarithms of probabilities do as well.
        classes : ndarray of shape (n,)
        weights : ndarray of shape (n,)
            0 or more, not all 0.
        """
        counted = weights > 0
        logits, classes, weights = logits[counted], classes[counted], weights[counted]
        shares = weights / weights.sum()
        rows = len(logits)
        prior = 1 / (2 * PRIOR_DEVIATION**2 * rows) if rows < FEW_ROWS else 0.0

        def objective(level: float) -> float:
            return float(shares @ -_log_probabilities(logits, np.exp(-level))[np.arange(rows), classes]) + prior * level**2

        grid = np.linspace(-WIDEST, WIDEST, STEPS)
        best = int(np.argmin([objective(level) for level in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)]
        found = optimize.minimize_scalar(objective, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
        level = float(found.x) if found.fun <= objective(grid[best]) else float(grid[best])

        def slope(level: float) -> float:
            logs_at = _log_probabilities(logits, np.exp(-level))
            surplus = logits[np.arange(rows), classes] - (np.exp(logs_at) * logits).sum(axis=1)
            return float(shares @ surplus) * float(np.exp(-level)) + 2 * prior * level

        if slope(level - NEAR) < 0 < slope(level + NEAR):
            level = float(optimize.brentq(slope, level - NEAR, level + NEAR, xtol=1e-15))
        temperature = float(np.exp(level))
        before, after = (_quality(_log_probabilities(logits, 1 / each), classes, shares) for each in (1.0, temperature))
        best_inside = abs(level) < WIDEST - 1e-3 and np.isfinite(objective(level))
        return cls(temperature, rows, before, after, bool(best_inside))

    def of_logits(self, logits: Array) -> Array:
        """Return the probabilities (..., C) of logits (..., C), in their own type."""
        return simplex.softmax(simplex.by_class(logits / logits.dtype.type(self.temperature)))

    def of_probabilities(self, probabilities: Array) -> Array:
        """Return probabilities (..., C) scaled, in their own type."""
        return self.of_logits(logs(probabilities))


def logs(probabilities: Array) -> Array:
    """Return the logarithms of probabilities, none of them taken for less than `LEAST_PROBABILITY`."""
    floor = probabilities.dtype.type(LEAST_PROBABILITY)
    return np.asarray(np.log(np.maximum(probabilities, floor)))


def _log_probabilities(logits: FloatArray, factor: float) -> FloatArray:
    scaled = (logits - logits.max(axis=1, keepdims=True)) * factor  # infinitely far below the highest is a probability of 0
    return np.asarray(scaled - special.logsumexp(scaled, axis=1, keepdims=True))


def _quality(log_probabilities: FloatArray, classes: npt.NDArray[np.int64], shares: FloatArray) -> Quality:
    rows = np.arange(len(classes))
    probabilities = np.exp(log_probabilities)
    truth = np.zeros_like(probabilities)
    truth[rows, classes] = 1.0
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == classes
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins, shares * (confidence - right), BINS)
    return Quality(
        log_loss=float(shares @ -np.maximum(log_probabilities[rows, classes], np.log(LEAST_PROBABILITY))),
        brier_score=float(shares @ ((probabilities - truth) ** 2).sum(axis=1)),
        calibration_error=float(np.abs(gaps).sum()),
    )
