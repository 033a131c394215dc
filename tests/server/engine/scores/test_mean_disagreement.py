import numpy as np
import plain
from engine import scores_of


def test_equals_going_through_all_pairs(rng):
    votes, weights = rng.integers(-1, 4, (300, 5)), [1.0, 0.3, 2.0, 0.0, 0.8]
    votes[votes[:, [0, 1, 2, 4]].max(axis=1) < 0, 0] = 1
    scores = scores_of("mean_disagreement", {"committee.votes": votes}, member_weights=np.array(weights), class_count=4)
    np.testing.assert_allclose(scores, [plain.disagreement(row, weights) for row in votes], atol=1e-12)


def test_of_one_member_is_zero():
    assert scores_of("mean_disagreement", {"committee.votes": np.array([[0], [1]])}, class_count=2).tolist() == [0, 0]


def test_of_two_members_is_whether_they_differ():
    votes = np.array([[0, 0], [0, 1], [2, 2], [2, 0]])
    assert scores_of("mean_disagreement", {"committee.votes": votes}, class_count=3).tolist() == [0, 1, 0, 1]
