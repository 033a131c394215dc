"""ActiveLab: whether to ask again about what has labels, or anew, on one scale (Goh and Mueller, 2023)."""

from __future__ import annotations

import numpy as np

from querist_server.engine.crowd.crowdlab import crowdlab, scaled, temperature
from querist_server.engine.crowd.votes import FloatArray, Votes, tally


def ask_next(votes: Votes, models: FloatArray, fresh: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how much a further label is worth, from 0 to 1, for instances with labels, (N,), and for others, (M,).

    It is 1 less the certainty that is left once one more uninformed annotator had been there. Model probabilities are first brought to the
    temperature at which they fit the labels best, unless no instance has two.

    Parameters
    ----------
    votes : Votes
        Every instance has a label.
    models : ndarray of shape (K, N, C)
        Probabilities of one model or several for the instances with labels.
    fresh : ndarray of shape (K, M, C)
        The same for the others.
    """
    if not votes.items:
        return np.empty(0), 1 - _certainty(fresh, np.ones(len(fresh)), 1.0)
    if (votes.per_item > 1).any():
        temperatures = [temperature(votes, model) for model in models]
        models = np.stack([scaled(model, by) for model, by in zip(models, temperatures, strict=True)])
        fresh = np.stack([scaled(model, by) for model, by in zip(fresh, temperatures, strict=True)])
    found, weights, labels = crowdlab(votes, models)
    average = float(weights.annotators.mean())
    quality = found.posteriors[np.arange(votes.items), labels]
    behind = tally(votes.item, weights.annotators[votes.who], votes.items) + weights.models.sum()
    known = (quality * behind + average / votes.classes) / (behind + average)
    return 1 - known, 1 - _certainty(fresh, weights.models, average)


def _certainty(models: FloatArray, weights: FloatArray, average: float) -> FloatArray:
    if not models.shape[1]:
        return np.empty(0)
    classes = models.shape[2]
    mixed = (np.tensordot(weights, models, axes=1) + average / classes) / (weights.sum() + average)
    ballots = np.stack([np.count_nonzero(models.argmax(axis=2) == each, axis=0) for each in range(classes)], axis=1)
    tied = ballots == ballots.max(axis=1, keepdims=True)
    labels = np.where(tied, models.mean(axis=0), -np.inf).argmax(axis=1)
    return np.asarray(mixed[np.arange(len(labels)), labels])
