import numpy as np
import pytest
from engine import probabilities as some_probabilities
from querist_server.engine.annotations import conformal
from scipy.special import softmax

SCORES = ["LEAST_AMBIGUOUS", "ADAPTIVE", "REGULARIZED"]


def defined(row, score, label):
    """Return how unusual a class is, from the papers' formulas, ties counting together."""
    if score == "LEAST_AMBIGUOUS":
        return 1 - row[label]
    at_least = row >= row[label]
    mass = row[at_least].sum()
    return mass + (0.1 * max(at_least.sum() - 2, 0) if score == "REGULARIZED" else 0)


@pytest.mark.parametrize("score", SCORES)
def test_equals_the_definition(rng, score):
    rows = some_probabilities(rng, 40, 5)
    found = conformal.unusualness(rows, score)
    expected = [[defined(row, score, label) for label in range(5)] for row in rows]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("coverage", [0.7, 0.9])
@pytest.mark.parametrize("by_class", [False, True])
def test_sets_keep_their_coverage_over_200_splits(rng, score, coverage, by_class):
    """The mean over splits is at least what was asked for, and above it by no more than one over the rows of the calibration set."""
    held, wrong = [], []
    for _ in range(200):
        logits = rng.standard_normal((400, 4)) * 2
        classes = (rng.random((400, 1)) > softmax(logits / 1.6, axis=1).cumsum(axis=1)).sum(axis=1)
        unusual = conformal.unusualness(softmax(logits, axis=1), score)
        taken_in = conformal.thresholds(unusual[:200], classes[:200], coverage, by_class=by_class)
        inside = conformal.members(unusual[200:], taken_in)[np.arange(200), classes[200:]]
        held.append(inside.mean())
        wrong.append([inside[classes[200:] == each].mean() for each in range(4)])
    error = np.std(held) / np.sqrt(200)
    assert np.mean(held) > coverage - 3 * error
    slack = 0.05 if score != "LEAST_AMBIGUOUS" or by_class else 1 / 200
    assert np.mean(held) < coverage + slack + 3 * error
    if by_class:
        by_each = np.array(wrong)
        assert (by_each.mean(axis=0) > coverage - 3 * by_each.std(axis=0) / np.sqrt(200)).all()


def test_the_threshold_is_the_right_order_statistic():
    unusual = np.column_stack((np.arange(1, 10) / 10, np.zeros(9)))
    classes = np.zeros(9, int)
    assert conformal.thresholds(unusual, classes, 0.8, by_class=False).tolist() == [0.8]  # the 8th of 9: ceil(10 x 0.8)
    assert conformal.thresholds(unusual, classes, 0.9, by_class=False).tolist() == [0.9]
    assert conformal.thresholds(unusual, classes, 0.95, by_class=False).tolist() == [np.inf]
    assert conformal.thresholds(unusual, classes, 0.8, by_class=True).tolist() == [0.8, np.inf]


def test_adaptive_sets_hold_the_likeliest_and_everything_that_ties():
    rows = np.array([[0.4, 0.4, 0.2], [0.25, 0.25, 0.5]])
    inside = conformal.members(conformal.unusualness(rows, "ADAPTIVE"), np.array([0.8]))
    assert inside.tolist() == [[True, True, False], [False, False, True]]
