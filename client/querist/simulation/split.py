"""How a labelled data set is shared out: what may be chosen, what weighs, and what measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """One way to share a data set out.

    Attributes
    ----------
    features : ndarray of shape (N, D)
    labels : ndarray of int64, shape (N,)
        Classes, from 0.
    pool, validation, test : ndarray of int64
        Row numbers: to choose from, to estimate errors (or to weigh a committee's members) by, and to measure scores on.
    first : ndarray of int64
        Positions in the pool of the instances that are labelled to begin with: at least one of each class.
    embeddings : ndarray of shape (N, E) or None
    """

    features: Features
    labels: Labels
    pool: Labels
    validation: Labels
    test: Labels
    first: Labels
    embeddings: Features | None = None


def share_out(
    features: Features,
    labels: Labels,
    seed: int,
    *,
    test_rows: int,
    validation_rows: int,
    start: int,
    embeddings: Features | None = None,
) -> Split:
    """Return the split of a seed: a random order of the rows, cut in three.

    Where chance leaves a class out of the pool or of the test rows, the fewest possible rows change places. Each class has to have two
    rows, and pool, test rows and `start` one place for each class.
    """
    classes = int(labels.max()) + 1
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.arange(len(order))
    in_test, in_pool = place < test_rows, place >= test_rows + validation_rows
    _complete(order, labels, in_pool, in_test, leave=0)
    _complete(order, labels, in_test, in_pool, leave=1)
    test, validation, pool = np.split(order, [test_rows, test_rows + validation_rows])
    one_each = np.array([np.flatnonzero(labels[pool] == kind)[0] for kind in range(classes)])
    others = np.setdiff1d(np.arange(len(pool)), one_each)[: start - classes]
    return Split(features, labels, pool, validation, test, np.concatenate((one_each, others)), embeddings)


def _complete(order: Labels, labels: Labels, part: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], leave: int) -> None:
    """Bring classes that a part of the order lacks into it, in exchange for rows of which it has more; the other part keeps so many."""
    classes = int(labels.max()) + 1
    for kind in np.setdiff1d(np.arange(classes), labels[order[part]]):
        there = (labels[order] == kind) & ~part
        if np.count_nonzero(there & other) <= leave:
            there &= ~other
        counts = np.bincount(labels[order[part]], minlength=classes)
        give, take = np.flatnonzero(there)[0], np.flatnonzero(part & (counts[labels[order]] > 1))[-1]
        order[[give, take]] = order[[take, give]]
