import numpy as np
import plain
import pytest
from engine import committee, scores_of


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.0, 0.5]])
def test_equals_the_entropy_of_the_plain_mean(rng, dtype, tolerance, weights):
    rows = committee(rng, 100, 4, 6, dtype)
    scores = scores_of(
        "consensus_entropy", {"committee.probabilities": rows}, member_weights=None if weights is None else np.array(weights)
    )
    expected = [plain.entropy(plain.mean(row.astype(float), weights or [1.0] * 4)) for row in rows]
    np.testing.assert_allclose(scores, expected, rtol=tolerance, atol=tolerance)
