import numpy as np
import pytest
from engine import probabilities, scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.least_confidence import LeastConfidence
from skactiveml.pool import uncertainty_scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_equals_scikit_activeml(rng, dtype, classes):
    rows = probabilities(rng, 200, classes, dtype)
    expected = uncertainty_scores(rows.astype(float), method="least_confident")
    # float32 values are kept as they came, so only the subtraction from 1 rounds
    np.testing.assert_allclose(scores_of("least_confidence", {"probabilities": rows}), expected, rtol=0, atol=1e-15)


def test_normalised_runs_from_zero_to_one(rng):
    rows = probabilities(rng, 50, 4)
    scores = scores_of(Plan(LeastConfidence(normalized=True), Top()), {"probabilities": rows})
    assert scores[0] == 0
    assert scores[2] == pytest.approx(1)
    np.testing.assert_allclose(scores, 4 / 3 * (1 - rows.max(axis=1)), atol=1e-15)
