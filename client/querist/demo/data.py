"""The digits that scikit-learn carries: 1,797 images of 8 x 8 pixels, ten classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

ROWS, TEST_ROWS, VALIDATION_ROWS, FIRST_LABELS = 1797, 600, 100, 20
CHOOSABLE = ROWS - TEST_ROWS - VALIDATION_ROWS - FIRST_LABELS


@dataclass(frozen=True)
class Split:
    """One way to share the digits out.

    Attributes
    ----------
    features : ndarray of shape (1797, 64), float32
        Pixels from 0 to 1.
    labels : ndarray of shape (1797,)
    pool, validation, test : ndarray of int64
        Row numbers: to choose from, to weigh a committee's members by, and to measure accuracy on.
    first : ndarray of int64
        Positions in the pool of the instances that are labelled to begin with: at least one of each class.
    """

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    pool: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]


def split(seed: int) -> Split:
    """Return the split of a seed."""
    digits = load_digits()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(digits.target))
    test, validation, pool = np.split(order, [TEST_ROWS, TEST_ROWS + VALIDATION_ROWS])
    labels = digits.target.astype(np.int64)
    one_each = np.array([np.flatnonzero(labels[pool] == digit)[0] for digit in range(10)])
    others = np.setdiff1d(np.arange(len(pool)), one_each)[: FIRST_LABELS - len(one_each)]
    return Split((digits.data / 16).astype(np.float32), labels, pool, validation, test, np.concatenate((one_each, others)))
