import numpy as np
import pytest
from engine import probabilities, scores_of
from skactiveml.pool import uncertainty_scores


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-7), (np.float64, 1e-15)])  # one subtraction in the type itself
@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_equals_scikit_activeml(rng, dtype, tolerance, classes):
    rows = probabilities(rng, 200, classes, dtype)
    expected = uncertainty_scores(rows.astype(float), method="margin_sampling")
    np.testing.assert_allclose(scores_of("margin", {"probabilities": rows}), expected, rtol=0, atol=tolerance)


def test_is_one_where_two_classes_tie_and_zero_where_one_is_certain(rng):
    scores = scores_of("margin", {"probabilities": probabilities(rng, 10, 6)})
    assert scores[0] == 0
    assert scores[1] == 1


def test_ranking_of_two_classes_is_that_of_least_confidence(rng):
    rows = probabilities(rng, 300, 2)
    margin, confidence = (scores_of(name, {"probabilities": rows}) for name in ("margin", "least_confidence"))
    np.testing.assert_allclose(margin, 2 * confidence, atol=1e-15)
