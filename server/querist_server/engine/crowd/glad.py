"""GLAD: annotators differ in skill and instances in how hard they are (Whitehill et al., NIPS 2009)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize, special

from querist_server.engine.crowd.votes import Consensus, FloatArray, Votes, from_logs, normalised, tally

MOST_ROUNDS, TOLERANCE = 100, 1e-6
STEPS = 25
"""Steps of L-BFGS in each round: each round need only improve."""
MEAN = 1.0
"""Mean of the normal priors, of variance 1, of skills and of the logarithms of easiness, as the authors have them."""


def glad(votes: Votes, checkpoint: Callable[[], None], *, rounds: int = MOST_ROUNDS, tolerance: float = TOLERANCE) -> Consensus:
    """Return posteriors where annotator j labels instance i rightly with probability s(a_j exp(b_i)), s(x) = 1 / (1 + e^-x).

    Wrong labels are spread evenly. a and b have normal priors N(1, 1).

    Parameters
    ----------
    votes : Votes
    checkpoint : callable
        Called at each round.
    rounds : int
        The most.
    tolerance : float
        Gain of the objective for each label below which it is at rest.
    """
    skills, easiness = np.full(votes.annotators, MEAN), np.full(votes.items, MEAN)
    shares = np.maximum(normalised(votes.counts).mean(axis=0), 1e-10)
    posteriors = normalised(votes.counts)
    before, settled = -np.inf, False
    for _ in range(rounds):
        checkpoint()
        right = posteriors[votes.item, votes.label]
        found = optimize.minimize(
            _loss,
            np.concatenate((skills, easiness)),
            args=(votes, right, checkpoint),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": STEPS},
        )
        skills, easiness = found.x[: votes.annotators], found.x[votes.annotators :]
        logs, likelihood = _log_posteriors(votes, skills, easiness, shares)
        posteriors = from_logs(logs)
        prior = -(((skills - MEAN) ** 2).sum() + ((easiness - MEAN) ** 2).sum()) / 2
        objective = (likelihood + prior) / max(1, len(votes.item))
        gain = objective - before
        before = objective
        if gain < tolerance:
            settled = True
            break
    return Consensus(posteriors, skills, settled)


def _loss(parameters: FloatArray, votes: Votes, right: FloatArray, checkpoint: Callable[[], None]) -> tuple[float, FloatArray]:
    """Return the expected negative log posterior of the parameters but for constants, and its gradient."""
    checkpoint()
    skills, easiness = parameters[: votes.annotators], parameters[votes.annotators :]
    scale = np.exp(np.minimum(easiness, 30.0))
    logit = skills[votes.who] * scale[votes.item]
    value = -(right * special.log_expit(logit) + (1 - right) * special.log_expit(-logit)).sum()
    value += ((parameters - MEAN) ** 2).sum() / 2
    slope = special.expit(logit) - right
    by_skill = tally(votes.who, slope * scale[votes.item], votes.annotators)
    by_ease = tally(votes.item, slope * logit, votes.items)
    return float(value), np.concatenate((by_skill, by_ease)) + parameters - MEAN


def _log_posteriors(votes: Votes, skills: FloatArray, easiness: FloatArray, shares: FloatArray) -> tuple[FloatArray, float]:
    logit = skills[votes.who] * np.exp(np.minimum(easiness, 30.0))[votes.item]
    wrong = special.log_expit(-logit) - np.log(max(1, votes.classes - 1))
    cells = votes.item * votes.classes + votes.label
    more = tally(cells, special.log_expit(logit) - wrong, votes.items * votes.classes)
    logs = more.reshape(votes.items, votes.classes) + np.log(shares)
    base = tally(votes.item, wrong, votes.items)
    highest = logs.max(axis=1)
    likelihood = float((base + highest + np.log(np.exp(logs - highest[:, None]).sum(axis=1))).sum())
    return logs, likelihood
