"""How much one more answer says of an instance's class: the mutual information of the class and the label, in nats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import entr

from querist_server.engine.crowd.votes import FloatArray, IndexArray

MOST_LEAVES = 4096
"""How many combinations of answers that are still unknown are followed."""
DECIMALS = 12
"""Gains are rounded to so many, so that pairs of equal worth tie whatever the order of a sum."""
PRIOR_QUALITY = 0.7
_BLOCK = 1 << 19


@dataclass(frozen=True, eq=False)
class Answering:
    """How J annotators answer.

    Attributes
    ----------
    chances : ndarray of shape (C, J, C), float64
        The chance of each label (last) by each annotator (middle) for an instance of each class (first).
    """

    chances: FloatArray

    @classmethod
    def of(cls, matrices: FloatArray) -> Answering:
        """Return it from confusion matrices of shape (J, C, C)."""
        return cls(np.ascontiguousarray(matrices.swapaxes(0, 1)))

    @cached_property
    def doubts(self) -> FloatArray:
        """The entropy of the label by class and annotator, shape (C, J)."""
        return np.asarray(entr(self.chances).sum(axis=2))

    def by(self, annotators: IndexArray) -> Answering:
        """Return some of the annotators alone."""
        return self if len(annotators) == self.chances.shape[1] else Answering(self.chances[:, annotators])

    def label_entropies(self, rows: FloatArray) -> FloatArray:
        """Return minus the sum of p log p over the labels, p = row times chances, shape (n, J); rows of shape (n, C) need not sum to 1."""
        classes, annotators, _ = self.chances.shape
        found = np.empty((len(rows), annotators))
        step = max(1, _BLOCK // max(1, rows.size))
        for first in range(0, annotators, step):
            chances = self.chances[:, first : first + step]
            products = rows @ chances.reshape(classes, -1)
            entr(products, out=products)
            found[:, first : first + step] = products.reshape(len(rows), -1, classes).sum(axis=2)
        return found


def one_coin(quality: float, classes: int) -> FloatArray:
    """Return the confusion matrix, (C, C), of who is right so often and spreads wrong labels evenly."""
    matrix = np.full((classes, classes), (1 - quality) / (classes - 1))
    np.fill_diagonal(matrix, quality)
    return matrix


def drawn(matrix: FloatArray, labels: int, shares: FloatArray, seed: int, key: int) -> FloatArray:
    """Return a confusion matrix, (C, C), drawn from what is known of an annotator (Thompson, Biometrika 1933).

    Each row is from a Dirichlet distribution of the labels seen, spread over the rows by the classes' shares (C,), and of a prior of C
    labels for each row by an annotator who is right at 0.7. The draw is a function of the seed and the annotator's key.
    """
    classes = len(shares)
    known = labels * shares[:, None] * matrix + classes * one_coin(PRIOR_QUALITY, classes)
    noise = np.random.Generator(np.random.Philox(key=seed << 64 | key % (1 << 64)))
    draws = noise.standard_gamma(known)
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def information_gain(posteriors: FloatArray, answering: Answering, checkpoint: Callable[[], None]) -> FloatArray:
    """Return how much each annotator's answer lowers the entropy of each instance's class, as expected, shape (N, J).

    It is the entropy of the label less its expected entropy given the class, which equals the fall of the entropy of the class and needs no
    posterior.

    Parameters
    ----------
    posteriors : ndarray of shape (N, C)
    answering : Answering
    checkpoint : callable
        Called at each block.
    """
    classes, annotators, _ = answering.chances.shape
    gains = np.empty((len(posteriors), annotators))
    step = max(256, _BLOCK // (classes * max(1, annotators)))
    for first in range(0, len(posteriors), step):
        checkpoint()
        rows = posteriors[first : first + step]
        gains[first : first + step] = _rounded(answering.label_entropies(rows) - rows @ answering.doubts)
    return gains


def further_gain(posterior: FloatArray, asked: FloatArray, answering: Answering, checkpoint: Callable[[], None]) -> FloatArray:
    """Return how much each annotator's answer is expected to say beyond those of others whose answers are on their way, shape (J,).

    The expectation is over all combinations of these answers, as if all came. Beyond 4096 combinations it is over a systematic sample of
    4096, taken anew after each annotator at even steps of their probability, which makes the gain an approximation: the most probable ones
    alone would make it too small, since they are those that leave least to ask.

    Parameters
    ----------
    posterior : ndarray of shape (C,)
    asked : ndarray of shape (n, C, C)
        Confusion matrices of those who are asked already.
    answering : Answering
    checkpoint : callable
    """
    leaves = posterior[None, :]
    for matrix in asked:
        leaves = _answered(leaves, matrix)
    gains = -entr(leaves.sum(axis=1)).sum() - leaves.sum(axis=0) @ answering.doubts
    for first in range(0, len(leaves), 256):
        checkpoint()
        gains += answering.label_entropies(leaves[first : first + 256]).sum(axis=0)
    return _rounded(gains)


def entropies(posteriors: FloatArray) -> FloatArray:
    """Return the entropy of each row, in nats."""
    return _rounded(entr(posteriors).sum(axis=1))


def _answered(leaves: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return the chance of each class together with each combination of answers, after one more annotator."""
    if leaves.shape[0] * leaves.shape[1] <= MOST_LEAVES:
        return (leaves[:, None, :] * matrix.T[None, :, :]).reshape(-1, leaves.shape[1])
    ends = np.cumsum(leaves @ matrix)
    chosen = np.searchsorted(ends, ends[-1] * (np.arange(MOST_LEAVES) + 0.5) / MOST_LEAVES)
    before, label = np.divmod(chosen, leaves.shape[1])
    sample = leaves[before] * matrix[:, label].T
    return np.asarray(sample / (sample.sum(axis=1, keepdims=True) * MOST_LEAVES))


def _rounded(gains: FloatArray) -> FloatArray:
    return np.maximum(np.round(gains, DECIMALS), 0)
