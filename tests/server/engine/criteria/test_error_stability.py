"""Divergences between explicit Gaussian posteriors, and the shape of the ratio."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.advising import surrogate_shift
from querist_server.engine.campaign import Campaign, Round
from querist_server.engine.criteria.error_stability import ErrorStability
from querist_server.engine.criterion import Status
from querist_server.engine.kernels import posterior_shift
from scipy import optimize


def divergence(one, other):
    """KL(one || other) of two Gaussians."""
    (mean, covariance), (mean_2, covariance_2) = one, other
    inverse = np.linalg.inv(covariance_2)
    gap = mean_2 - mean
    logs = np.linalg.slogdet(covariance_2)[1] - np.linalg.slogdet(covariance)[1]
    return 0.5 * (np.trace(inverse @ covariance) + gap @ inverse @ gap - len(mean) + logs)


def posterior(features, targets):
    covariance = np.linalg.inv(np.eye(features.shape[1]) + features.T @ features)
    return covariance @ features.T @ targets, covariance


def bound(value):
    """exp(L) - 1 where L = W((KL - 1) / e) + 1: the root of 1 + (L - 1) exp(L) = KL, for L of 0 or more."""
    return np.expm1(optimize.brentq(lambda x: 1 + (x - 1) * np.exp(x) - value, 0, 50))


def test_it_is_the_sum_over_labels_of_both_directions(rng):
    features, targets = rng.standard_normal((12, 4)), rng.standard_normal((12, 3))
    total = 0.0
    for known in range(7, 12):
        before = [posterior(features[:known], targets[:known, column]) for column in range(3)]
        after = [posterior(features[: known + 1], targets[: known + 1, column]) for column in range(3)]
        total += bound(sum(divergence(new, old) for new, old in zip(after, before, strict=True)))
        total += bound(sum(divergence(old, new) for new, old in zip(after, before, strict=True)))
    assert posterior_shift.stability(features, targets, 7, lambda: None) == pytest.approx(total, rel=1e-9)


def test_a_repeated_label_moves_less_than_a_new_one(rng):
    features, classes = rng.standard_normal((40, 3)), rng.integers(0, 2, 40)
    campaign = Campaign("a", (Round(number=1, labelled=40),))
    again = surrogate_shift(campaign, 41, np.vstack((features, features[:1])), np.append(classes, classes[0]))
    far = surrogate_shift(campaign, 41, np.vstack((features, 10 * features[:1])), np.append(classes, 1 - classes[0]))
    assert 0 < again < far


def test_classes_are_told_apart_and_not_counted_up_to(rng):
    """Regression test: one label of a class of 10,000 once took 800 MB."""
    features, classes = rng.standard_normal((41, 3)), rng.integers(0, 2, 41)
    campaign = Campaign("a", (Round(number=1, labelled=40),))
    assert surrogate_shift(campaign, 41, features, classes * 2**40) == surrogate_shift(campaign, 41, features, classes)


@pytest.mark.parametrize(
    ("labelled", "rows", "width"),
    [(40, 41, 3), (41, 40, 3), (41, 41, 2000)],
)
def test_what_does_not_fit_cannot_be_told(labelled, rows, width):
    campaign = Campaign("a", (Round(number=1, labelled=40),))
    assert surrogate_shift(campaign, labelled, np.ones((rows, width)), np.zeros(rows, np.int64)) is None


@pytest.mark.parametrize(
    ("bounds", "status", "value"),
    [
        ([None, 4.0, 2.0, 3.0], Status.INCONCLUSIVE, None),
        ([None, 4.0, 2.0, 3.0, 0.08], Status.STOP, 0.04),
        ([None, 4.0, 2.0, 3.0, 0.09], Status.CONTINUE, 0.045),
        ([None, 4.0, 2.0, 3.0, None], Status.INCONCLUSIVE, None),
    ],
)
def test_it_is_measured_by_the_first_three(bounds, status, value):
    vote = ErrorStability().vote(campaigns.evidence(stability=bounds))
    assert vote.status is status
    assert vote.value == (None if value is None else pytest.approx(value))
