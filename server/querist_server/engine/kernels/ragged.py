"""Values of parts, brought together for each row. Parts of a row stand side by side; `counts` says how many each row has.

A row's result depends on its own parts alone, bit for bit. A row without parts has 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

SHARE_TOLERANCE = 1e-9
"""Keeps a share of a count from being rounded up to the next whole number by rounding alone."""


def total(values: FloatArray, counts: IndexArray) -> FloatArray:
    """Return the sum of each row's values."""
    return _reduced(np.add, values, counts)


def mean(values: FloatArray, counts: IndexArray) -> FloatArray:
    """Return the mean of each row's values."""
    return total(values, counts) / np.maximum(counts, 1)


def highest(values: FloatArray, counts: IndexArray) -> FloatArray:
    """Return the highest of each row's values."""
    return _reduced(np.maximum, values, counts)


def mean_of_highest(values: FloatArray, counts: IndexArray, share: float) -> FloatArray:
    """Return the mean of the highest max(1, ceil(share x count)) of each row's values."""
    wanted = np.where(counts > 0, np.maximum(1, np.ceil(share * counts - SHARE_TOLERANCE)), 0).astype(np.int64)
    falling = values[np.lexsort((-values, _owners(counts)))]
    taken = _places(counts) < np.repeat(wanted, counts)
    return mean(falling[taken], wanted)


def quantile(values: FloatArray, counts: IndexArray, level: float) -> FloatArray:
    """Return a quantile of each row's values, interpolated linearly between them."""
    rising = values[np.lexsort((values, _owners(counts)))]
    filled = np.flatnonzero(counts)
    starts, last = _starts(counts)[filled], counts[filled] - 1
    place = level * last
    below = np.floor(place).astype(np.int64)
    low, high = rising[starts + below], rising[starts + np.minimum(below + 1, last)]
    result = np.zeros(len(counts))
    result[filled] = low + (place - below) * (high - low)
    return result


def count_above(values: FloatArray, counts: IndexArray, threshold: float) -> FloatArray:
    """Return how many of each row's values are above a threshold."""
    return total((values > threshold).astype(np.float64), counts)


def mean_by_class(values: FloatArray, counts: IndexArray, classes: IndexArray) -> FloatArray:
    """Return the mean over a row's classes of the mean of its values of that class; `classes` says of which class each value is."""
    owners = _owners(counts)
    order = np.lexsort((classes, owners))
    owners, classes = owners[order], classes[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (owners[1:] != owners[:-1]) | (classes[1:] != classes[:-1])
    sizes = np.diff(np.append(np.flatnonzero(fresh), len(order)))
    kinds = np.bincount(owners[fresh], minlength=len(counts))
    return mean(mean(values[order], sizes), kinds)


def _reduced(operation: np.ufunc, values: FloatArray, counts: IndexArray) -> FloatArray:
    result = np.zeros(len(counts))
    filled = np.flatnonzero(counts)
    if len(filled):
        result[filled] = operation.reduceat(values, _starts(counts)[filled])
    return result


def _starts(counts: IndexArray) -> IndexArray:
    return np.cumsum(counts) - counts


def _owners(counts: IndexArray) -> IndexArray:
    """Return the row of each part."""
    return np.repeat(np.arange(len(counts)), counts)


def _places(counts: IndexArray) -> IndexArray:
    """Return the place of each part in its row, from 0."""
    return np.arange(int(counts.sum())) - np.repeat(_starts(counts), counts)
