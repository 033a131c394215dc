import numpy as np
import plain
import pytest
from engine import committee, scores_of
from skactiveml.pool import vote_entropy


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("members", [1, 2, 5])
def test_of_probabilities_equals_scikit_activeml(rng, dtype, members):
    rows = committee(rng, 100, members, 4, dtype)
    expected = vote_entropy(rows.argmax(axis=2), classes=np.arange(4))
    np.testing.assert_allclose(scores_of("vote_entropy", {"committee.probabilities": rows}), expected, atol=1e-12)


def test_with_weights_and_abstentions_equals_the_plain_sum(rng):
    votes = rng.integers(-1, 4, (200, 5))
    votes[votes.max(axis=1) < 0, 0] = 2
    weights = np.array([0.5, 1, 2, 0.25, 3])
    scores = scores_of("vote_entropy", {"committee.votes": votes}, member_weights=weights, class_count=4)
    expected = [plain.entropy(plain.shares(row, weights, 4)) for row in votes]
    np.testing.assert_allclose(scores, expected, atol=1e-12)
