"""Which instances cannot be labelled: from their own answers, or learnt from features."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from querist_server.engine.crowd.votes import FloatArray

PRIOR_ANSWERS = 2.0
"""How many answers' worth of the mean rate an instance is taken to have beforehand."""
RIDGE = 1.0


def unlabelable(labels: FloatArray, abstentions: FloatArray, features: FloatArray | None) -> FloatArray:
    """Return the probability that an answer to each instance is none, (N,).

    Parameters
    ----------
    labels, abstentions : ndarray of shape (N,)
        How many answers had a label, and how many none.
    features : ndarray of shape (N, F) or None
        NaN rows for instances of which nothing is known. With it, a logistic regression with a ridge penalty on features of mean 0 and
        deviation 1 gives the rate that an instance is taken to have beforehand.
    """
    total = labels.sum() + abstentions.sum()
    mean = (abstentions.sum() + 0.5) / (total + 1)
    prior = np.full(len(labels), mean)
    if features is not None:
        known = ~np.isnan(features).any(axis=1)
        if known.any() and (labels + abstentions)[known].any():
            prior[known] = _by_features(features[known], labels[known], abstentions[known], mean)
    return np.asarray((abstentions + PRIOR_ANSWERS * prior) / (labels + abstentions + PRIOR_ANSWERS))


def _by_features(features: FloatArray, labels: FloatArray, abstentions: FloatArray, mean: float) -> FloatArray:
    scale = features.std(axis=0)
    columns = (features - features.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    asked = labels + abstentions > 0
    x, no, yes = columns[asked], labels[asked], abstentions[asked]

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        logit = parameters[0] + x @ parameters[1:]
        value = -(yes * special.log_expit(logit) + no * special.log_expit(-logit)).sum() + RIDGE * (parameters[1:] ** 2).sum() / 2
        slope = (yes + no) * special.expit(logit) - yes
        return float(value), np.concatenate(([slope.sum()], x.T @ slope + RIDGE * parameters[1:]))

    start = np.zeros(columns.shape[1] + 1)
    start[0] = special.logit(mean)
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return np.asarray(special.expit(found[0] + columns @ found[1:]))
