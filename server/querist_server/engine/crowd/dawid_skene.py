"""Dawid and Skene's model: each annotator has a confusion matrix (Applied Statistics 1979), or one chance to be right (one coin)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from querist_server.engine.crowd.votes import Consensus, FloatArray, Votes, from_logs, normalised, tally

MOST_ROUNDS, TOLERANCE = 200, 1e-6
LEAST = 1e-10
STRENGTH = 4.0
"""How many labels' worth of a typical annotator each one is taken to have given beforehand."""


def dawid_skene(
    votes: Votes, checkpoint: Callable[[], None], *, strength: float = STRENGTH, rounds: int = MOST_ROUNDS, tolerance: float = TOLERANCE
) -> Consensus:
    """Return posteriors by expectation maximisation from the shares of the votes.

    Each row of a confusion matrix is drawn towards that of a typical annotator, who is right as often as all together and otherwise spreads
    evenly: `strength` labels' worth. With strength 0 it is the method of 1979.

    Parameters
    ----------
    votes : Votes
    checkpoint : callable
        Called at each round.
    strength : float
    rounds : int
        The most.
    tolerance : float
        Gain of the log likelihood for each label below which it is at rest.
    """
    posteriors = normalised(votes.counts)
    before, settled = -np.inf, False
    for _ in range(rounds):
        checkpoint()
        logs, likelihood = _log_posteriors(votes, confusions(votes, posteriors, strength), posteriors.mean(axis=0))
        posteriors = from_logs(logs)
        gain = likelihood - before
        before = likelihood
        if gain < tolerance:
            settled = True
            break
    accuracy = diagonal(confusions(votes, posteriors, strength), posteriors.mean(axis=0))
    return Consensus(posteriors, accuracy, settled)


def one_coin(
    votes: Votes, checkpoint: Callable[[], None], *, strength: float = STRENGTH, rounds: int = MOST_ROUNDS, tolerance: float = TOLERANCE
) -> Consensus:
    """Return posteriors if each annotator is right with one probability and otherwise spreads evenly; parameters as `dawid_skene`."""
    posteriors = normalised(votes.counts)
    before, settled = -np.inf, False
    accuracy = np.full(votes.annotators, 0.5)
    for _ in range(rounds):
        checkpoint()
        accuracy = _accuracy(votes, posteriors, strength)
        logs = votes.weighted(np.log(accuracy * (votes.classes - 1) / (1 - accuracy))) + np.log(np.maximum(posteriors.mean(axis=0), LEAST))
        constant = float(np.log((1 - accuracy) / (votes.classes - 1))[votes.who].sum())
        likelihood = (_log_sum(logs) + constant) / max(1, len(votes.item))
        posteriors = from_logs(logs)
        gain = likelihood - before
        before = likelihood
        if gain < tolerance:
            settled = True
            break
    return Consensus(posteriors, accuracy, settled)


def confusions(votes: Votes, posteriors: FloatArray, strength: float) -> FloatArray:
    """Return the chance that each annotator gives an instance of each class (middle) each label (last), shape (J, C, C)."""
    given = np.asarray(votes.observed.T @ posteriors).reshape(votes.annotators, votes.classes, votes.classes).swapaxes(1, 2)
    if strength:
        right = float((posteriors[votes.item, votes.label].sum() + 1) / (len(votes.item) + 2))
        typical = np.full((votes.classes, votes.classes), (1 - right) / max(1, votes.classes - 1))
        np.fill_diagonal(typical, right)
        given = given + strength * typical
    given = np.maximum(given, LEAST)
    return np.asarray(given / given.sum(axis=2, keepdims=True))


def diagonal(matrices: FloatArray, shares: FloatArray) -> FloatArray:
    """Return how often each annotator is right, (J,), by confusion matrices (J, C, C) and the shares of the classes (C,)."""
    return np.einsum("jcc,c->j", matrices, shares / shares.sum())


def _log_posteriors(votes: Votes, matrices: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
    tables = np.log(matrices).swapaxes(1, 2).reshape(-1, votes.classes)
    logs = np.asarray(votes.observed @ tables) + np.log(np.maximum(shares, LEAST))
    return logs, _log_sum(logs) / max(1, len(votes.item))


def _log_sum(logs: FloatArray) -> float:
    highest = logs.max(axis=1)
    return float((highest + np.log(np.exp(logs - highest[:, None]).sum(axis=1))).sum())


def _accuracy(votes: Votes, posteriors: FloatArray, strength: float) -> FloatArray:
    right = tally(votes.who, posteriors[votes.item, votes.label], votes.annotators)
    typical = (right.sum() + 1) / (len(votes.item) + 2)
    found = (right + strength * typical) / np.maximum(votes.per_annotator + strength, LEAST)
    return np.asarray(np.clip(found, LEAST, 1 - LEAST))
