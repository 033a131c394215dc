"""Majority vote, and a vote in which each annotator counts by how often the others agree."""

from __future__ import annotations

import numpy as np

from querist_server.engine.crowd.votes import Consensus, FloatArray, Votes, normalised, tally


def majority(votes: Votes) -> Consensus:
    """Return the shares of the votes, each by how sure its annotator was, if that is known."""
    return Consensus(normalised(_sum(votes, np.ones(votes.annotators))), np.ones(votes.annotators))


def weighted(votes: Votes) -> Consensus:
    """Return the shares of votes that count by the log-odds of agreeing with somebody else (Nitzan and Paroush, IER 1982), at least 0."""
    weights = np.maximum(log_odds(agreement_rate(votes), votes.classes), 0.0)
    shares = _sum(votes, weights)
    silent = shares.sum(axis=1) == 0  # everybody there is worth nothing: all count alike
    shares[silent] = _sum(votes, np.ones(votes.annotators))[silent]
    return Consensus(normalised(shares), weights)


def _sum(votes: Votes, weights: FloatArray) -> FloatArray:
    if votes.confidence is None:
        return votes.weighted(weights)
    cells = tally(votes.item * votes.classes + votes.label, weights[votes.who] * votes.confidence, votes.items * votes.classes)
    return cells.reshape(votes.items, votes.classes)


def agreement_rate(votes: Votes) -> FloatArray:
    """Return how often each annotator agrees with another one of the same instance, shape (J,), drawn towards the mean by one label."""
    others = (votes.per_item[votes.item] - 1).astype(float)
    same = votes.counts[votes.item, votes.label] - 1
    total = tally(votes.who, others, votes.annotators)
    agreed = tally(votes.who, same, votes.annotators)
    mean = agreed.sum() / total.sum() if total.any() else 0.5
    return (agreed + mean) / (total + 1)


def log_odds(rate: FloatArray, classes: int) -> FloatArray:
    """Return log(p (C - 1) / (1 - p)), with p kept off 0 and 1 by a thousandth."""
    kept = np.clip(rate, 1e-3, 1 - 1e-3)
    return np.log(kept * (classes - 1) / (1 - kept))
