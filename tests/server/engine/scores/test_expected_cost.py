import numpy as np
import pytest
from engine import probabilities, scores_of
from skactiveml.pool import uncertainty_scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 5, 40])
def test_equals_scikit_activeml_and_brute_force(rng, dtype, classes):
    rows, cost = (
        probabilities(rng, 100, classes, dtype),
        rng.random((classes, classes)) * 5 * (1 - np.eye(classes)),
    )  # the peer warns of costs on the diagonal
    scores = scores_of("expected_cost", {"probabilities": rows}, cost_matrix=cost)
    brute = [min(sum(float(row[i]) * cost[i, j] for i in range(classes)) for j in range(classes)) for row in rows]
    np.testing.assert_allclose(scores, brute, rtol=1e-12)
    np.testing.assert_allclose(scores, uncertainty_scores(rows.astype(float), method="least_confident", cost_matrix=cost), rtol=1e-9)


def test_margin_form_equals_scikit_activeml(rng):
    rows, cost = probabilities(rng, 100, 4), rng.random((4, 4)) * (1 - np.eye(4))
    scores = scores_of("expected_cost_margin", {"probabilities": rows}, cost_matrix=cost)
    expected = uncertainty_scores(rows, method="margin_sampling", cost_matrix=cost)
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    assert (scores <= 0).all()


def test_with_equal_costs_it_is_least_confidence(rng):
    rows = probabilities(rng, 100, 6)
    cost = 1 - np.eye(6)
    expected = scores_of("least_confidence", {"probabilities": rows})
    np.testing.assert_allclose(scores_of("expected_cost", {"probabilities": rows}, cost_matrix=cost), expected, atol=1e-14)
