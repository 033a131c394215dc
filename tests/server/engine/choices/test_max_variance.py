import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.max_variance import MaxVariance
from querist_server.engine.pool import Side


@pytest.mark.parametrize("labels", [0, 5])
@pytest.mark.parametrize("noise", [0.01, 1.0])
def test_each_pick_has_the_largest_posterior_variance(rng, labels, noise):
    points, labelled = rng.standard_normal((50, 4)), rng.standard_normal((labels, 4))
    side = Side(labelled_embeddings=labelled if labels else None)
    found = drawn_up(MaxVariance(noise=noise), 15, side=side, embeddings=points)
    extended, known = np.c_[points, np.ones(50)], np.c_[labelled, np.ones(labels)]
    total = noise * np.eye(5) + known.T @ known
    for row, gain in zip(found.taken.tolist(), found.gains.tolist(), strict=True):
        variance = np.einsum("ij,jk,ik->i", extended, np.linalg.inv(total), extended)
        variance[found.taken[: found.taken.tolist().index(row)]] = -1
        assert variance[row] == pytest.approx(variance.max(), rel=1e-8)
        assert gain == pytest.approx(variance[row], rel=1e-8)
        total += np.outer(extended[row], extended[row])


def test_is_the_greedy_determinant(rng):
    points = rng.standard_normal((30, 3))
    extended = np.c_[points, np.ones(30)]
    taken = drawn_up(MaxVariance(), 5, embeddings=points).taken.tolist()
    total = np.eye(4)
    for step, row in enumerate(taken):
        determinants = [np.linalg.det(total + np.outer(x, x)) if i not in taken[:step] else -1 for i, x in enumerate(extended)]
        assert int(np.argmax(determinants)) == row
        total += np.outer(extended[row], extended[row])
