"""Which labels may be accepted unseen: a threshold on the largest probability with an exact bound on the errors beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]

THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
"""What is tried; fixed beforehand, so that a share of the risk for each makes up for the choice."""


@dataclass(frozen=True)
class Acceptance:
    """A threshold that is safe.

    Attributes
    ----------
    threshold : float
    bound : float
        Upper bound on the share of wrong labels among those that are accepted.
    rows : int
        Instances of the calibration set at or above the threshold.
    """

    threshold: float
    bound: float
    rows: int


def safe_threshold(largest: FloatArray, right: npt.NDArray[np.bool_], error: float, confidence: float) -> Acceptance | None:
    """Return the lowest threshold whose bound is at most an error; None if there is none.

    The bound is Clopper and Pearson's for each threshold, at a confidence of 1 - (1 - confidence) / (number of thresholds). All hold
    together with the confidence that is asked for, so that the lowest may be taken.

    Parameters
    ----------
    largest : ndarray of shape (n,)
        The largest probability of each instance of the calibration set.
    right : ndarray of shape (n,)
        Whether its class is the true one.
    """
    risk = (1 - confidence) / len(THRESHOLDS)
    for threshold in THRESHOLDS:
        above = largest >= threshold
        rows, wrong = int(np.count_nonzero(above)), int(np.count_nonzero(above & ~right))
        bound = float(special.betaincinv(wrong + 1, rows - wrong, 1 - risk)) if wrong < rows else 1.0
        if bound <= error:
            return Acceptance(threshold, bound, rows)
    return None
