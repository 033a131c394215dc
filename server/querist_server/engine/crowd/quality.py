"""How often each annotator is right, as far as the others tell, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist_server.engine.crowd.majority import log_odds
from querist_server.engine.crowd.votes import FloatArray, IndexArray, Votes, from_logs, tally

BINS, GRID = 512, 401
LEVEL = 0.95
LEAST = 1e-10
CELLS_AT_A_TIME = 2**20
"""Numbers in the largest array of a block."""


@dataclass(frozen=True, eq=False)
class Quality:
    """By annotator, (J,): the chance of being right and the ends of its 95 % interval; NaN where nothing can be compared."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def without_own(votes: Votes, posteriors: FloatArray, strength: float = 4.0) -> tuple[FloatArray, IndexArray]:
    """Return what the others say of each label's instance: the probability of the label, (T,), and their likeliest class, (T,).

    Others count by the log-odds of how often they are right by the consensus; classes by their shares in it. Labels that nobody else's can
    be compared with have the probability NaN, and the class -1 where the others are at one between several.
    """
    right = tally(votes.who, posteriors[votes.item, votes.label], votes.annotators)
    typical = (right.sum() + 1) / (len(votes.item) + 2)
    weights = log_odds((right + strength * typical) / (votes.per_annotator + strength), votes.classes)
    logs = votes.weighted(weights)
    shares = np.log(np.maximum(posteriors.mean(axis=0), LEAST))
    chances, best = np.empty(len(votes.item)), np.empty(len(votes.item), np.int64)
    step = max(1, CELLS_AT_A_TIME // votes.classes)
    for start in range(0, len(votes.item), step):
        rows = slice(start, start + step)
        item, who, label = votes.item[rows], votes.who[rows], votes.label[rows]
        others = logs[item] + shares
        places = np.arange(len(item))
        others[places, label] -= weights[who]
        highest = others.max(axis=1)
        single = np.count_nonzero(others >= highest[:, None] - 1e-9, axis=1) == 1
        best[rows] = np.where(single, others.argmax(axis=1), -1)
        chances[rows] = from_logs(others)[places, label]
    alone = votes.per_item[votes.item] < 2
    chances[alone], best[alone] = np.nan, -1
    return chances, best


def quality(votes: Votes, chances: FloatArray) -> Quality:
    """Return the posterior mean and interval of each annotator's chance to be right.

    The likelihood of a chance p is the product over labels of p c + (1 - p) (1 - c) / (C - 1), with the probability c that the others give
    the label; the prior is uniform. c is rounded to one of 512 values.

    Parameters
    ----------
    votes : Votes
    chances : ndarray of shape (T,)
        NaN for labels that cannot be compared.
    """
    grid = (np.arange(GRID) + 0.5) / GRID
    centres = (np.arange(BINS) + 0.5) / BINS
    table = np.log(np.outer(centres, grid) + np.outer((1 - centres) / (votes.classes - 1), 1 - grid))
    known = ~np.isnan(chances)
    bins = np.minimum((chances[known] * BINS).astype(np.int64), BINS - 1)
    counts = tally(votes.who[known] * BINS + bins, np.ones(len(bins)), votes.annotators * BINS).reshape(votes.annotators, BINS)
    mass = from_logs(counts @ table)
    sums = mass.cumsum(axis=1)
    low = grid[(sums >= (1 - LEVEL) / 2).argmax(axis=1)]
    high = grid[(sums >= (1 + LEVEL) / 2).argmax(axis=1)]
    nothing = counts.sum(axis=1) == 0
    found = (mass @ grid, low, high)
    return Quality(*(np.where(nothing, np.nan, column) for column in found))
