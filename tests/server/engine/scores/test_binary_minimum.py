import numpy as np
from engine import scores_of


def test_the_most_open_label_decides(rng):
    values = rng.random((50, 6))
    expected = [max(1 - abs(2 * p - 1) for p in row) for row in values]
    np.testing.assert_allclose(scores_of("bin_min", {"label_probabilities": values}), expected, atol=1e-15)


def test_certain_labels_score_0_and_an_open_one_1():
    values = np.array([[0, 1, 1, 0], [0, 1, 0.5, 0]], float)
    assert scores_of("bin_min", {"label_probabilities": values}).tolist() == [0, 1]
