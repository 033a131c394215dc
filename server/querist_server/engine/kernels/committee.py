"""What several members say about the same rows. K members, n rows, C classes; weights [K] sum to 1.

Sums over members run in member order, so that a result does not depend on how rows are cut into blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.uncertainty import entropy

Array = npt.NDArray[Any]

ABSTAINED = -1
CLASSES_PER_MEMBER = 8
"""With more classes than so many times the members, it is faster to sort the votes than to count those of every class."""


def consensus(members: Array, weights: Array) -> Array:
    """Return the weighted mean [n, C] of probabilities [K, n, C]."""
    mean = members[0] * members.dtype.type(weights[0])
    for member, weight in zip(members[1:], weights[1:], strict=True):
        mean += member * members.dtype.type(weight)
    return mean


def mean_entropy(members: Array, weights: Array) -> Array:
    """Return the weighted mean [n] of the members' entropies."""
    total = np.zeros(members.shape[1], np.float64)
    for member, weight in zip(members, weights, strict=True):
        total += entropy(member) * weight
    return total


def largest_divergence(members: Array, weights: Array, mean: Array) -> Array:
    """Return max over members with a weight of KL(member || mean), [n], in nats."""
    log_mean = np.log(np.maximum(mean, np.finfo(mean.dtype).tiny))
    largest = np.zeros(members.shape[1], np.float64)
    for member, weight in zip(members, weights, strict=True):
        if weight > 0:
            cross = -(member * log_mean).sum(axis=-1)
            np.maximum(largest, cross.astype(np.float64) - entropy(member), out=largest)
    return largest


def mean_deviation(members: Array, weights: Array, mean: Array) -> Array:
    """Return the mean over classes of the members' weighted standard deviation, [n]."""
    variance = np.zeros(mean.shape, np.float64)
    for member, weight in zip(members, weights, strict=True):
        difference = member.astype(np.float64) - mean
        variance += weight * difference * difference
    return np.sqrt(variance).mean(axis=-1)


@dataclass(frozen=True)
class CastVotes:
    """Weighted votes for V classes: all of them, or, where most could not have a vote, one place for each of the K members.

    Attributes
    ----------
    classes : ndarray of shape (n, V), int64
        The classes of each row in ascending order. Some may be there twice, and `ABSTAINED` may be among them.
    shares : ndarray of shape (n, V), float64
        The share of all votes for a class, and 0 beside abstentions and all but the last of the same. A row sums to 1, or to 0 where
        nobody with a weight voted.
    concentration : ndarray of shape (n,), float64
        The sum of the squared weights of those who voted, scaled to sum to 1: the chance to draw one member twice. 1 if nobody voted.
    """

    classes: Array
    shares: Array
    concentration: Array

    def leading(self) -> tuple[Array, Array]:
        """Return the class with the most votes, [n], the lowest of equals, and its share. Class 0 if nobody with a weight voted."""
        best = self.shares.argmax(axis=1)[:, None]
        share = np.take_along_axis(self.shares, best, axis=1)[:, 0]
        return np.where(share > 0, np.take_along_axis(self.classes, best, axis=1)[:, 0], 0), share

    def of_all(self, classes: int, rows: Array) -> Array:
        """Return the shares of all classes, [rows, classes], of some rows."""
        found = np.zeros((len(rows), classes))
        cast, shares = self.classes[rows], self.shares[rows]
        at, places = np.nonzero(shares)
        found[at, cast[at, places]] = shares[at, places]
        return found

    def of_one(self, label: int) -> Array:
        """Return the share of one class, [n]."""
        found: Array = np.where(self.classes == label, self.shares, 0.0).sum(axis=1)
        return found


def cast_votes(votes: Array, weights: Array, classes: int) -> CastVotes:
    """Count weighted votes.

    Parameters
    ----------
    votes : ndarray of shape (K, n), integers
        A class from 0 to `classes` - 1, or `ABSTAINED`.
    weights : ndarray of shape (K,)
    classes : int
    """
    present = np.where(votes != ABSTAINED, weights[:, None], 0.0)
    total = present.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    concentration = np.where(total > 0, (present / safe) ** 2, 0.0).sum(axis=0)
    count = _count_all if classes <= len(votes) * CLASSES_PER_MEMBER else _count_voted
    named, counts = count(votes, present, classes)
    return CastVotes(named, counts / safe[:, None], np.where(total > 0, concentration, 1.0))


def _count_all(votes: Array, present: Array, classes: int) -> tuple[Array, Array]:
    rows = votes.shape[1]
    cells = np.arange(rows) * classes + np.maximum(votes, 0)  # an abstention adds its weight of 0 to class 0
    counts = np.bincount(cells.ravel(), weights=present.ravel(), minlength=rows * classes).reshape(rows, classes)
    return np.broadcast_to(np.arange(classes), counts.shape), counts


def _count_voted(votes: Array, present: Array, _: int) -> tuple[Array, Array]:
    order = votes.argsort(axis=0, kind="stable")
    named, counts = np.take_along_axis(votes, order, axis=0), np.take_along_axis(present, order, axis=0)
    for member in range(1, len(votes)):
        same = named[member] == named[member - 1]
        counts[member] += np.where(same, counts[member - 1], 0.0)
        counts[member - 1][same] = 0.0
    return named.T.astype(np.int64), np.ascontiguousarray(counts.T)
