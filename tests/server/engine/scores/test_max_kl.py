import numpy as np
import plain
import pytest
from engine import committee, scores_of


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-13)])
@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [3.0, 0.0, 0.5]])
def test_equals_the_largest_plain_divergence_of_members_that_count(rng, dtype, tolerance, weights):
    rows = committee(rng, 100, 3, 5, dtype)
    expected = []
    for row in rows.astype(float):
        centre = plain.mean(row, weights)
        expected.append(max(plain.kl(member, centre) for member, weight in zip(row, weights, strict=True) if weight))
    scores = scores_of("max_kl", {"committee.probabilities": rows}, member_weights=np.array(weights))
    np.testing.assert_allclose(scores, expected, atol=tolerance)
