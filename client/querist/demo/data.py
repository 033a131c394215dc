"""The digits that scikit-learn carries: 1,797 images of 8 x 8 pixels, ten classes."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from querist.simulation.split import Features, Labels, Split, share_out

ROWS, TEST_ROWS, VALIDATION_ROWS, FIRST_LABELS = 1797, 600, 100, 20
CHOOSABLE = ROWS - TEST_ROWS - VALIDATION_ROWS - FIRST_LABELS


def digits() -> tuple[Features, Labels]:
    """Return pixels from 0 to 1 as float32, shape (1797, 64), and the digits that they show."""
    found = load_digits()
    return (found.data / 16).astype(np.float32), found.target.astype(np.int64)


def split(seed: int) -> Split:
    """Return the split of a seed."""
    return share_out(*digits(), seed, test_rows=TEST_ROWS, validation_rows=VALIDATION_ROWS, start=FIRST_LABELS)
