"""CROWDLAB: annotators and the model vote together, each by how often they are right (Goh, Tkachenko and Mueller, 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from querist_server.engine.crowd.votes import Consensus, FloatArray, IndexArray, Votes, tally

LEAST = 1e-6
"""The least weight, and the least error that weights are measured by."""
LEAST_PROBABILITY = 1e-3
WIDEST = float(np.log(100.0))
"""How far from 0 the logarithm of a temperature is looked for."""


@dataclass(frozen=True, eq=False)
class Weights:
    """How much each counts: the annotators, (J,), the models, (K,), and how likely somebody gives the consensus label."""

    annotators: FloatArray
    models: FloatArray
    agreed: float


def crowdlab(votes: Votes, models: FloatArray) -> tuple[Consensus, Weights, IndexArray]:
    """Return posteriors, the weights, and the consensus labels (N,).

    Twice: with the majority vote as consensus, then with the likeliest class that came of it. Without an instance that two have labelled
    there is nothing to weigh by: then all weigh 1 and the label is that of the only annotator.

    Parameters
    ----------
    votes : Votes
        Every instance has a label.
    models : ndarray of shape (K, N, C)
        Probabilities of one model or several, for the same instances.
    """
    consensus = majority_labels(votes, models.mean(axis=0))
    if (votes.per_item == 1).all():
        weights = Weights(np.ones(votes.annotators), np.ones(len(models)), 1.0)
        posteriors = models.mean(axis=0)
        return Consensus(posteriors, weights.annotators, True, float(weights.models.sum())), weights, consensus
    weights = _weights(votes, models, consensus)
    posteriors = _posteriors(votes, models, weights)
    highest = posteriors.max(axis=1, keepdims=True)
    single = np.count_nonzero(posteriors == highest, axis=1) == 1
    consensus = np.where(single, posteriors.argmax(axis=1), consensus)
    weights = _weights(votes, models, consensus)
    posteriors = _posteriors(votes, models, weights)
    return Consensus(posteriors, weights.annotators, True, float(weights.models.sum())), weights, consensus


def majority_labels(votes: Votes, model: FloatArray) -> IndexArray:
    """Return the class with the most votes; ties go to the model, then to the rarer class, then to the lowest."""
    counts, rarity = votes.counts, -votes.counts.sum(axis=0)
    tied = counts == counts.max(axis=1, keepdims=True)
    by_model = np.where(tied, model, -np.inf)
    tied &= by_model == by_model.max(axis=1, keepdims=True)
    return np.where(tied, rarity, -np.inf).argmax(axis=1)


def temperature(votes: Votes, model: FloatArray) -> float:
    """Return the temperature at which a model's probabilities, (N, C), come closest to the shares of the votes, by cross entropy."""
    logs = np.log(np.maximum(model, LEAST_PROBABILITY * LEAST))
    shares = votes.counts / votes.per_item[:, None]

    def loss(width: float) -> float:
        scaled = logs / np.exp(width)
        highest = scaled.max(axis=1)
        total = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
        return float((total - (shares * scaled).sum(axis=1)).mean())

    found = optimize.minimize_scalar(loss, bounds=(-WIDEST, WIDEST), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def scaled(model: FloatArray, by: float) -> FloatArray:
    """Return probabilities (..., C) at a temperature."""
    logs = np.log(np.maximum(model, LEAST_PROBABILITY * LEAST)) / by
    logs -= logs.max(axis=-1, keepdims=True)
    np.exp(logs, out=logs)
    return np.asarray(logs / logs.sum(axis=-1, keepdims=True))


def _weights(votes: Votes, models: FloatArray, consensus: IndexArray) -> Weights:
    several = votes.per_item > 1
    share = tally(votes.item, votes.label == consensus[votes.item], votes.items) / votes.per_item
    classes = np.bincount(consensus[several], minlength=votes.classes)
    lazy_error = max(LEAST, 1 - float(classes.max() / classes.sum()))
    others = (votes.per_item[votes.item] - 1).astype(float)
    total = tally(votes.who, others, votes.annotators)
    same = tally(votes.who, votes.counts[votes.item, votes.label] - 1, votes.annotators)
    agreement = np.where(total > 0, same / np.where(total > 0, total, 1), np.nan)
    agreement = np.where(np.isnan(agreement), np.nanmean(agreement), agreement)
    errors = np.array([np.mean(model[several].argmax(axis=1) != consensus[several]) for model in models])
    return Weights(
        np.maximum(1 - (1 - agreement) / lazy_error, LEAST),
        np.maximum(1 - errors / lazy_error, LEAST) * np.sqrt(votes.per_item.mean()),
        float(share[several].mean()),
    )


def _posteriors(votes: Votes, models: FloatArray, weights: Weights) -> FloatArray:
    other = (1 - weights.agreed) / (votes.classes - 1)
    by_class = votes.weighted(weights.annotators)
    people = by_class.sum(axis=1, keepdims=True)
    machine = np.tensordot(weights.models, models, axes=1)
    return np.asarray((machine + by_class * (weights.agreed - other) + people * other) / (people + weights.models.sum()))
