import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.xpal import Xpal
from scipy.spatial.distance import cdist

CLASSES = 4


@pytest.mark.parametrize("believe", ["own", "sent"])
def test_equals_the_definition(rng, believe):
    """Kottke et al. 2021: the accuracy of the new decision less that of the old, both under the classifier that knows the label."""
    known, pool = rng.standard_normal((9, 3)), rng.standard_normal((30, 3))
    classes = rng.integers(0, CLASSES, 9)
    prior, bandwidth = 0.05, 1.2

    def kernel(one, other):
        return np.exp(-(cdist(one, other) ** 2) / bandwidth**2)

    around = kernel(pool, known) @ np.eye(CLASSES)[classes] + prior
    sent = rng.dirichlet(np.ones(CLASSES), 30)
    believed = sent if believe == "sent" else around / around.sum(axis=1, keepdims=True)
    expected = np.zeros(30)
    for x in range(30):
        for y in range(CLASSES):
            for u in range(30):
                after = around[u] + kernel(pool[u : u + 1], pool[x : x + 1])[0, 0] * np.eye(CLASSES)[y]
                shares = after / after.sum()
                expected[x] += believed[x, y] * (shares[shares.argmax()] - shares[around[u].argmax()]) / 30
    columns = {"embeddings": pool} | ({"probabilities": sent} if believe == "sent" else {})
    beside = {"labelled.embeddings": known, "labelled.classes": classes}
    ours = scores_of(Plan(Xpal(bandwidth=bandwidth, prior=prior), Top()), columns, beside=beside, class_count=CLASSES)
    np.testing.assert_allclose(ours, expected, atol=1e-13)
    assert (ours >= 0).all()
    assert (ours > 0).any()


def test_nothing_is_gained_where_no_decision_can_turn():
    beside = {"labelled.embeddings": np.zeros((5, 2)), "labelled.classes": np.zeros(5, int)}
    points = np.linspace(0, 0.1, 10)[:, None] * np.ones(2)
    assert scores_of(Plan(Xpal(bandwidth=1.0), Top()), {"embeddings": points}, beside=beside, class_count=2).tolist() == [0] * 10
