import numpy as np
import pytest
from engine import committee, scores_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_numpys_deviation(rng, dtype):
    rows = committee(rng, 100, 4, 6, dtype)
    # the float32 mean rounds, which a deviation of nearly 0 feels as its square root
    np.testing.assert_allclose(
        scores_of("probability_std", {"committee.probabilities": rows}), rows.astype(float).std(axis=1).mean(axis=1), atol=1e-7
    )


def test_with_whole_weights_equals_repeating_members(rng):
    rows = committee(rng, 50, 3, 4)
    scores = scores_of("probability_std", {"committee.probabilities": rows}, member_weights=np.array([1.0, 3.0, 2.0]))
    np.testing.assert_allclose(scores, rows[:, [0, 1, 1, 1, 2, 2]].std(axis=1).mean(axis=1), atol=1e-13)
