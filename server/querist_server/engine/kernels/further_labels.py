"""What a few more labels around an instance would gain, if their classes follow a Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from math import comb

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

FloatArray = npt.NDArray[np.float64]


def combinations(classes: int, labels: int) -> int:
    """Return in how many ways so many labels can be shared out among the classes."""
    return comb(classes + labels - 1, labels)


def gain(parameters: FloatArray, labels: int, checkpoint: Callable[[], None]) -> FloatArray:
    """Return the expected gain in accuracy for each of so many further labels, (n,), of Dirichlet parameters (n, C).

    The decision goes to the class with the largest parameter, before and after.
    """
    total = parameters.sum(axis=1)
    expected = np.zeros(len(parameters))
    over_all = gammaln(labels + 1) + gammaln(total) - gammaln(total + labels)
    by_class = np.ascontiguousarray(parameters.T)
    first, second, decided = _top_two(by_class)
    for drawn in combinations_with_replacement(range(len(by_class)), labels):
        checkpoint()
        classes, counts = np.unique(drawn, return_counts=True)
        chance, highest = over_all.copy(), np.zeros(len(parameters))
        for label, count in zip(classes, counts, strict=True):
            chance += gammaln(by_class[label] + count) - gammaln(by_class[label]) - gammaln(count + 1)
            np.maximum(highest, by_class[label] + count, out=highest)
        untouched = np.where(np.isin(decided, classes), second, first) if len(classes) == 1 else _highest_of_others(by_class, classes)
        expected += np.exp(chance) * np.maximum(highest, untouched)
    return np.asarray(np.maximum(expected / (total + labels) - first / total, 0) / labels)  # rounding alone leads below


def _top_two(by_class: FloatArray) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    decided = by_class.argmax(axis=0)
    first = by_class[decided, np.arange(by_class.shape[1])]
    second = np.zeros_like(first)
    for label, column in enumerate(by_class):
        np.maximum(second, np.where(decided == label, 0.0, column), out=second)
    return first, second, decided


def _highest_of_others(by_class: FloatArray, classes: npt.NDArray[np.int64]) -> FloatArray:
    others = np.delete(by_class, classes, axis=0)
    return np.asarray(others.max(axis=0, initial=0.0))
