import dataclasses

import numpy as np
import pytest
from engine import LIMITS, feed, scores_of, select, started
from losses import LOSSES, expected_reduction
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import LimitError
from querist_server.engine.kernels import newton
from querist_server.engine.plan import Plan
from querist_server.engine.scores.logistic_error_reduction import LogisticErrorReduction
from scipy import stats
from scipy.special import softmax
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

CLASSES, KNOWN, POOL, RIDGE = 3, 15, 20, 0.8


def with_one(points):
    return np.c_[points, np.ones(len(points))]


@pytest.fixture
def task(rng):
    points, labels = rng.standard_normal((KNOWN + POOL, 4)), rng.integers(0, CLASSES, KNOWN)
    points[:KNOWN, 0] += labels
    return {"embeddings": points[KNOWN:]}, {"labelled.embeddings": points[:KNOWN], "labelled.classes": labels}


def plan(**parameters):
    return Plan(LogisticErrorReduction(ridge=RIDGE, **parameters), Top())


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_layer_is_scikit_learns(rng, classes):
    points, labels = rng.standard_normal((60, 4)), np.arange(60) % classes
    points[:, 0] += labels
    weights = newton.fitted(points, labels, classes, RIDGE, lambda: None)
    peer = LogisticRegression(C=1 / RIDGE, fit_intercept=False, tol=1e-12, max_iter=10_000).fit(with_one(points), labels)
    shares = softmax(with_one(points) @ weights.T, axis=1)
    if classes > 2:  # with two, scikit-learn has one vector of weights, whose square counts twice
        np.testing.assert_allclose(shares, peer.predict_proba(with_one(points)), atol=1e-6)
    gradient = (shares - np.eye(classes)[labels]).T @ with_one(points) + RIDGE * weights
    assert np.abs(gradient).max() < 1e-5


@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_equals_a_newton_step_written_out(rng, task, loss, head):
    columns, beside = task
    known, pool = with_one(beside["labelled.embeddings"]), with_one(columns["embeddings"])
    if head:
        weights = rng.standard_normal((CLASSES, 5))
        beside = {"labelled.embeddings": beside["labelled.embeddings"], "labelled.classes": beside["labelled.classes"]}
        beside |= {"head.weights": weights[:, :4], "head.bias": weights[:, 4]}
    else:
        weights = newton.fitted(known[:, :4], beside["labelled.classes"], CLASSES, RIDGE, lambda: None)
    cost = rng.random((CLASSES, CLASSES))
    shares = softmax(pool @ weights.T, axis=1)
    curvature = softmax(known @ weights.T, axis=1)
    curvature *= 1 - curvature
    hessians = [known.T @ (known * curvature[:, [c]]) + RIDGE * np.eye(5) for c in range(CLASSES)]

    def after(x, y):
        moved = weights.copy()
        for c, hessian in enumerate(hessians):
            there = hessian + shares[x, c] * (1 - shares[x, c]) * np.outer(pool[x], pool[x])
            moved[c] += np.linalg.solve(there, pool[x]) * ((c == y) - shares[x, c])
        return softmax(pool @ moved.T, axis=1)

    expected = expected_reduction(loss, shares, shares, after, cost)
    more = {"cost_matrix": cost} if loss == "COST" else {}
    found = select(plan(loss=loss), columns, beside=beside, class_count=CLASSES, **more)
    np.testing.assert_allclose(found.scores, expected[found.indices], atol=1e-11)
    assert found.score_source == ("CLIENT_MODEL" if head else "SURROGATE")


def refitted(known, labels, pool, classes, ridge):
    """Return the expected reduction of the 0/1 loss by really fitting again with each candidate and label."""
    now = softmax(with_one(pool) @ newton.fitted(known, labels, classes, ridge, lambda: None).T, axis=1)

    def after(x, y):
        weights = newton.fitted(np.r_[known, pool[x : x + 1]], np.r_[labels, y], classes, ridge, lambda: None)
        return softmax(with_one(pool) @ weights.T, axis=1)

    return expected_reduction("ZERO_ONE", now, now, after)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_ranks_like_a_refit_on_real_data(rng, name):
    data = getattr(datasets, f"load_{name}")()
    points, labels = StandardScaler().fit_transform(data.data), data.target
    order = rng.permutation(len(points))
    known, pool = order[:25], order[25:65]
    expected = refitted(points[known], labels[known], points[pool], len(data.target_names), 1.0)
    beside = {"labelled.embeddings": points[known], "labelled.classes": labels[known]}
    found = scores_of("logistic_eer", {"embeddings": points[pool]}, beside=beside, class_count=len(data.target_names))
    assert stats.spearmanr(found, expected).statistic > 0.6


def test_the_memory_is_bounded(rng, task):
    columns, beside = task
    run = started(plan(), limits=dataclasses.replace(LIMITS, max_kept_bytes=2500), beside=beside, class_count=CLASSES)
    feed(run, columns)
    with pytest.raises(LimitError, match="evaluated instances") as caught:
        run.finish()
    assert caught.value.limit == "max_kept_bytes"
