import numpy as np
import pytest
from engine import probabilities, scores_of


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_equals_the_expected_brier_loss(rng, dtype, tolerance, classes):
    rows = probabilities(rng, 100, classes, dtype)
    expected = []
    for row in rows.astype(float):
        loss = sum(row[true] * (sum(p * p for p in row) - 2 * row[true] + 1) for true in range(classes))
        expected.append(loss)
    np.testing.assert_allclose(scores_of("gini", {"probabilities": rows}), expected, rtol=0, atol=10 * tolerance)
