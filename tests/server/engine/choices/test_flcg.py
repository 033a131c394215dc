import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.flcg import Flcg
from querist_server.engine.pool import Side
from sklearn.metrics.pairwise import cosine_similarity


@pytest.mark.parametrize("nu", [0.0, 1.0, 1.1])
def test_every_pick_gains_most_and_gains_fall(rng, nu):
    points, unwanted = rng.standard_normal((50, 4)), rng.standard_normal((3, 4))
    alike = (1 + cosine_similarity(points)) / 2
    pushed = nu * ((1 + cosine_similarity(points, unwanted)) / 2).max(axis=1)

    def objective(some):
        return np.maximum(0, alike[:, some].max(axis=1) - pushed).sum() if len(some) else 0.0

    found = drawn_up(Flcg(nu=nu), 10, side=Side(unwanted=unwanted), embeddings=points)
    for step, row in enumerate(found.taken.tolist()):
        before = found.taken[:step].tolist()
        gains = [objective([*before, other]) - objective(before) for other in range(50)]
        assert gains[row] == pytest.approx(max(gains), abs=1e-9)
        assert found.gains[step] == pytest.approx(gains[row], abs=1e-9)
    assert (np.diff(found.gains) <= 1e-9).all()


def test_what_is_like_the_unwanted_is_not_taken(rng):
    unwanted = np.array([[1.0, 0, 0]])
    points = np.vstack((unwanted + 0.05 * rng.standard_normal((40, 3)), [0, 1, 0] + 0.3 * rng.standard_normal((10, 3))))
    assert drawn_up(Flcg(), 3, side=Side(unwanted=unwanted), embeddings=points).taken.min() >= 40
