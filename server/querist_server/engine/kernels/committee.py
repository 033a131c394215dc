"""What several members say about the same rows. K members, n rows, C classes; weights [K] sum to 1.

Sums over members run in member order, so that a result does not depend on how rows are cut into blocks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.uncertainty import entropy

Array = npt.NDArray[Any]

ABSTAINED = -1


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


def vote_shares(votes: Array, weights: Array, classes: int) -> tuple[Array, Array]:
    """Count weighted votes.

    Parameters
    ----------
    votes : ndarray of shape (K, n), integers
        A class from 0 to `classes` - 1, or `ABSTAINED`.
    weights : ndarray of shape (K,)
    classes : int

    Returns
    -------
    shares : ndarray of shape (n, classes), float64
        Each row's share of votes for each class; it sums to 1, or to 0 where nobody with a weight voted.
    concentration : ndarray of shape (n,), float64
        The sum of the squared weights of those who voted, scaled to sum to 1: the chance to draw one member twice. 1 if nobody voted.
    """
    rows = votes.shape[1]
    voted = votes != ABSTAINED
    present = np.where(voted, weights[:, None], 0.0)
    cells = np.arange(rows) * classes + np.where(voted, votes, 0)
    counts = np.bincount(cells.ravel(), weights=present.ravel(), minlength=rows * classes).reshape(rows, classes)
    total = present.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    concentration = np.where(total > 0, (present / safe) ** 2, 0.0).sum(axis=0)
    return counts / safe[:, None], np.where(total > 0, concentration, 1.0)
