import numpy as np
from engine import scores_of


def reference(row):
    """The loss by label, positives being the most likely labels, as many as are likelier than not and at least one."""
    positives = max(1, sum(p > 0.5 for p in row))
    order = sorted(range(len(row)), key=lambda label: -row[label])
    signs = {label: 1 if place < positives else -1 for place, label in enumerate(order)}
    return sum((1 - signs[label] * (2 * p - 1)) / 2 for label, p in enumerate(row))


def test_equals_the_loss_by_label(rng):
    values = rng.random((60, 7))
    values[:20] *= 0.4  # no label is likely
    np.testing.assert_allclose(scores_of("mmc", {"label_probabilities": values}), [reference(row) for row in values.tolist()], atol=1e-12)


def test_by_hand():
    values = np.array([[0.9, 0.2], [0.3, 0.1], [1, 0]])
    np.testing.assert_allclose(scores_of("mmc", {"label_probabilities": values}), [0.3, 0.8, 0.0], atol=1e-15)
