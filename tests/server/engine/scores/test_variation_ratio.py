import numpy as np
import plain
import pytest
from engine import committee, scores_of
from skactiveml.pool import variation_ratios


@pytest.mark.parametrize("members", [1, 3, 8])
def test_equals_scikit_activeml(rng, members):
    rows = committee(rng, 100, members, 4)
    expected = variation_ratios(rows.argmax(axis=2))
    np.testing.assert_allclose(scores_of("variation_ratio", {"committee.probabilities": rows}), expected, atol=1e-12)


def test_with_weights_and_abstentions_equals_the_plain_count(rng):
    votes, weights = rng.integers(-1, 3, (200, 4)), [1.0, 0.2, 5.0, 0.7]
    votes[votes.max(axis=1) < 0, 1] = 0
    scores = scores_of("variation_ratio", {"committee.votes": votes}, member_weights=np.array(weights), class_count=3)
    np.testing.assert_allclose(scores, [1 - max(plain.shares(row, weights, 3)) for row in votes], atol=1e-12)
