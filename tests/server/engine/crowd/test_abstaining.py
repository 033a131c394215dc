"""What cannot be labelled: by hand, and learnt from features."""

import numpy as np
from querist_server.engine.crowd.abstaining import unlabelable
from sklearn.linear_model import LogisticRegression


def test_without_features_each_instance_speaks_for_itself():
    found = unlabelable(np.array([3.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0]), None)
    mean = 3.5 / 7
    np.testing.assert_allclose(found, [2 * mean / 5, (3 + 2 * mean) / 5, mean])


def test_features_tell_of_instances_that_nobody_was_asked(rng):
    features = rng.standard_normal((600, 3))
    chance = 1 / (1 + np.exp(-(2 * features[:, 0] - 2)))
    abstentions = rng.binomial(4, chance).astype(float)
    asked = rng.random(600) < 0.5
    labels = np.where(asked, 4 - abstentions, 0.0)
    found = unlabelable(labels, np.where(asked, abstentions, 0.0), features)
    assert np.abs(found[~asked] - chance[~asked]).mean() < 0.05


def test_the_regression_is_scikit_learns(rng):
    features = rng.standard_normal((300, 2)) * 3 + 1
    out = (rng.random(300) < 1 / (1 + np.exp(-features[:, 0]))).astype(float)
    found = unlabelable(1 - out, out, features)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    prior = LogisticRegression(C=1.0, tol=1e-10).fit(scaled, out).predict_proba(scaled)[:, 1]
    np.testing.assert_allclose(found, (out + 2 * prior) / 3, atol=1e-4)


def test_instances_without_features_go_by_the_mean(rng):
    features = np.full((4, 2), np.nan)
    np.testing.assert_allclose(unlabelable(np.ones(4), np.zeros(4), features), unlabelable(np.ones(4), np.zeros(4), None))
