import numpy as np
import pytest
from drafts import drawn_up
from querist_server.engine.choices.flqmi import Flqmi
from querist_server.engine.kernels import greedy
from querist_server.engine.pool import Side
from sklearn.metrics.pairwise import cosine_similarity


def objective(alike, some, eta):
    return alike[some].max(axis=0).sum() + eta * alike[some].max(axis=1).sum() if len(some) else 0.0


@pytest.mark.parametrize("eta", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("block", [128, 3])
def test_every_pick_gains_most_and_gains_fall(rng, eta, block, monkeypatch):
    monkeypatch.setattr(greedy, "BLOCK_ROWS", block)
    points, wanted = rng.standard_normal((50, 4)), rng.standard_normal((6, 4))
    alike = (1 + cosine_similarity(points, wanted)) / 2
    found = drawn_up(Flqmi(eta=eta), 10, side=Side(wanted=wanted), embeddings=points)
    taken: list[int] = []
    for row, gain in zip(found.taken.tolist(), found.gains.tolist(), strict=True):
        now = objective(alike, taken, eta)
        gains = [objective(alike, [*taken, other], eta) - now if other not in taken else -1 for other in range(50)]
        assert gain == pytest.approx(max(gains), abs=1e-12)
        assert gains[row] == pytest.approx(max(gains), abs=1e-12)
        taken.append(row)
    assert (np.diff(found.gains) <= 1e-12).all()


def test_all_wanted_are_covered_before_one_is_covered_twice(rng):
    wanted = np.eye(4)
    points = np.vstack([direction + 0.05 * rng.standard_normal((10, 4)) for direction in wanted])
    taken = drawn_up(Flqmi(eta=0.2), 4, side=Side(wanted=wanted), embeddings=points).taken
    assert sorted(row // 10 for row in taken.tolist()) == [0, 1, 2, 3]
