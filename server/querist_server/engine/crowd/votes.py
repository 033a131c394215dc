"""Labels of people as sparse triples: who gave which instance which class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Votes:
    """T labels of N instances by J annotators, without abstentions; no annotator labels an instance twice.

    Attributes
    ----------
    item : ndarray of shape (T,), int64
        The instance of each label, rising.
    who : ndarray of shape (T,), int64
        The annotator.
    label : ndarray of shape (T,), int64
        The class, from 0 to C - 1.
    items, annotators, classes : int
        N, J and C.
    confidence : ndarray of shape (T,), float64, or None
        How sure the annotators said they were, above 0.
    """

    item: IndexArray
    who: IndexArray
    label: IndexArray
    items: int
    annotators: int
    classes: int
    confidence: FloatArray | None = None

    @cached_property
    def counts(self) -> FloatArray:
        """How many gave each instance each class, shape (N, C)."""
        return np.bincount(self.item * self.classes + self.label, minlength=self.items * self.classes).reshape(self.items, -1).astype(float)

    @cached_property
    def per_item(self) -> IndexArray:
        """Labels of each instance, shape (N,)."""
        return np.bincount(self.item, minlength=self.items)

    @cached_property
    def per_annotator(self) -> IndexArray:
        """Labels of each annotator, shape (J,)."""
        return np.bincount(self.who, minlength=self.annotators)

    @cached_property
    def shared(self) -> IndexArray:
        """Labels of each annotator for instances that somebody else labelled, too, shape (J,)."""
        return np.bincount(self.who[self.per_item[self.item] > 1], minlength=self.annotators)

    @cached_property
    def observed(self) -> sparse.csr_matrix:
        """Which annotator gave each instance which class: ones at (item, who x C + label), shape (N, J C)."""
        ends = np.concatenate(([0], np.cumsum(self.per_item)))
        shape = (self.items, self.annotators * self.classes)
        return sparse.csr_matrix((np.ones(len(self.item)), self.who * self.classes + self.label, ends), shape=shape)

    def weighted(self, weights: FloatArray) -> FloatArray:
        """Return the sum of the weights of who gave each instance each class, shape (N, C); one weight for each annotator, shape (J,)."""
        cells = tally(self.item * self.classes + self.label, weights[self.who], self.items * self.classes)
        return cells.reshape(self.items, self.classes)


def tally(cells: IndexArray, weights: FloatArray, size: int) -> FloatArray:
    """Return the sum of the weights in each of so many cells."""
    return np.asarray(np.bincount(cells, weights=weights, minlength=size), np.float64)


@dataclass(frozen=True, eq=False)
class Consensus:
    """What the instances are likely to be, and what that says of the annotators.

    Attributes
    ----------
    posteriors : ndarray of shape (N, C), float64
        Rows sum to 1.
    weights : ndarray of shape (J,), float64
        How much the method lets each annotator count, in its own unit.
    settled : bool
        Whether its iterations came to rest.
    model_weight : float or None
        How much the model counts, in the unit of the weights, if it does.
    """

    posteriors: FloatArray
    weights: FloatArray
    settled: bool = True
    model_weight: float | None = None


def normalised(rows: FloatArray) -> FloatArray:
    """Return rows that sum to 1; a row of zeros becomes uniform."""
    total = rows.sum(axis=1, keepdims=True)
    return np.where(total > 0, rows / np.where(total > 0, total, 1), 1 / rows.shape[1])


def from_logs(logs: FloatArray) -> FloatArray:
    """Return the distributions whose logarithms are given up to a constant for each row."""
    logs -= logs.max(axis=1, keepdims=True)
    np.exp(logs, out=logs)
    logs /= logs.sum(axis=1, keepdims=True)
    return logs
