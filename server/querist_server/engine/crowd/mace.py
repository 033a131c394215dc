"""MACE: each annotator either knows, or spams by a habit of their own (Hovy et al., NAACL 2013)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from querist_server.engine.crowd.votes import Consensus, FloatArray, Votes, tally

RESTARTS, MOST_ROUNDS, TOLERANCE = 5, 100, 1e-6
PRIOR_SPAM, PRIOR_HABIT = 0.5, 10.0
"""Of the Beta prior of spamming, and of the Dirichlet prior of the habits, as the authors have them."""
NOISE = 0.5
"""How far starts differ from even ones."""


def mace(votes: Votes, checkpoint: Callable[[], None], seed: int, *, restarts: int = RESTARTS, rounds: int = MOST_ROUNDS) -> Consensus:
    """Return posteriors by variational Bayes, from the best of several starts.

    Parameters
    ----------
    votes : Votes
    checkpoint : callable
        Called at each round.
    seed : int
        Of the starts; each has draws of its own.
    restarts, rounds : int
    """
    rng = np.random.Generator(np.random.Philox(seed))
    best, best_likelihood = None, -np.inf
    for _ in range(restarts):
        found, likelihood = _from_start(votes, checkpoint, rng, rounds)
        if best is None or likelihood > best_likelihood:
            best, best_likelihood = found, likelihood
    if best is None:
        raise AssertionError("there is at least one start")
    return best


def _from_start(votes: Votes, checkpoint: Callable[[], None], rng: np.random.Generator, rounds: int) -> tuple[Consensus, float]:
    knows = 1 + NOISE * rng.random((votes.annotators, 2))
    knows /= knows.sum(axis=1, keepdims=True)
    habits = 1 + NOISE * rng.random((votes.annotators, votes.classes))
    habits /= habits.sum(axis=1, keepdims=True)
    posteriors, knowing, spamming, likelihood = _expected(votes, knows, habits)
    settled = False
    for _ in range(rounds):
        checkpoint()
        knows = _geometric(np.column_stack((spamming.sum(axis=1), knowing)), PRIOR_SPAM)
        habits = _geometric(spamming, PRIOR_HABIT)
        posteriors, knowing, spamming, now = _expected(votes, knows, habits)
        gain = now - likelihood
        likelihood = now
        if abs(gain) < TOLERANCE * max(1, len(votes.item)):
            settled = True
            break
    share = (knowing + PRIOR_SPAM) / (votes.per_annotator + 2 * PRIOR_SPAM)
    return Consensus(posteriors, share, settled), likelihood


def _expected(votes: Votes, knows: FloatArray, habits: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return posteriors, expected labels that were known, expected labels by habit, (J, C), and the log likelihood."""
    spam = knows[votes.who, 0] * habits[votes.who, votes.label]
    sure = knows[votes.who, 1] + spam
    cells = votes.item * votes.classes + votes.label
    more = tally(cells, np.log(sure) - np.log(spam), votes.items * votes.classes)
    logs = more.reshape(votes.items, votes.classes) - np.log(votes.classes)
    base = tally(votes.item, np.log(spam), votes.items)
    highest = logs.max(axis=1)
    shares = np.exp(logs - highest[:, None])
    total = shares.sum(axis=1)
    posteriors = shares / total[:, None]
    known = posteriors[votes.item, votes.label] * knows[votes.who, 1] / sure
    knowing = tally(votes.who, known, votes.annotators)
    cells = votes.who * votes.classes + votes.label
    by_habit = tally(cells, 1 - known, votes.annotators * votes.classes)
    likelihood = float((base + highest + np.log(total)).sum())
    return posteriors, knowing, by_habit.reshape(votes.annotators, votes.classes), likelihood


def _geometric(counts: FloatArray, prior: float) -> FloatArray:
    """Return exp(E log p) for Dirichlet posteriors with the given counts, row by row: rows sum to less than 1."""
    raised = counts + prior
    return np.asarray(np.exp(special.digamma(raised) - special.digamma(raised.sum(axis=1, keepdims=True))))
