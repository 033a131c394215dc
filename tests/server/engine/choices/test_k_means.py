import numpy as np
import pytest
from drafts import drawn_up
from engine import select
from querist_server.engine.choices.k_means import KMeans
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore


def blobs(rng, centres=6, each=20, width=4):
    return np.repeat(rng.standard_normal((centres, width)) * 20, each, axis=0) + rng.standard_normal((centres * each, width))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_one_of_each_blob_near_its_middle(rng, dtype, offset):
    points = (blobs(rng) + offset).astype(dtype)
    found = drawn_up(KMeans(), 6, embeddings=points)
    assert sorted(found.taken // 20) == list(range(6))
    assert sorted(found.clusters) == list(range(6))
    for row in found.taken.tolist():
        mine = points[row // 20 * 20 : row // 20 * 20 + 20].astype(float)
        gaps = np.linalg.norm(mine - mine.mean(axis=0), axis=1)
        assert gaps[row % 20] == pytest.approx(gaps.min(), rel=1e-3)


def test_weights_draw_the_centres(rng):
    points, values = np.linspace(0, 1, 101)[:, None], np.zeros(101)
    values[80:] = 1
    taken = drawn_up(KMeans(weigh_by_score=True), 1, embeddings=points, score=values).taken
    assert points[taken[0], 0] == pytest.approx(0.9)
    assert points[drawn_up(KMeans(), 1, embeddings=points, score=values).taken[0], 0] == pytest.approx(0.5)


def test_heavy_clusters_come_first(rng):
    points = np.vstack((rng.standard_normal((5, 2)), 50 + rng.standard_normal((40, 2)), -50 + rng.standard_normal((15, 2))))
    taken = drawn_up(KMeans(), 3, embeddings=points).taken
    assert [5 <= taken[0] < 45, taken[1] >= 45, taken[2] < 5] == [True] * 3


def test_direction_alone_counts_if_asked(rng):
    points = np.vstack((np.outer(rng.uniform(1, 100, 30), [1, 0]), np.outer(rng.uniform(1, 100, 30), [0, 1])))
    taken = drawn_up(KMeans(normalized=True), 2, embeddings=points).taken
    assert sorted(taken // 30) == [0, 1]


@pytest.mark.parametrize("count", [1, 5, 12])
def test_fewer_different_rows_than_clusters(rng, count):
    points = np.repeat(rng.standard_normal((3, 2)), 4, axis=0)
    taken = drawn_up(KMeans(), count, embeddings=points).taken
    assert len(set(taken.tolist())) == count
    assert len({row // 4 for row in taken.tolist()}) == min(3, count)


def test_a_negative_score_is_no_weight(rng):
    with pytest.raises(EngineError) as caught:
        plan = Plan(CallerScore(), KMeans(weigh_by_score=True))
        select(plan, {"scores": np.array([1.0, 2.0, -1.0]), "embeddings": rng.random((3, 2))}, count=1)
    assert (caught.value.reason, caught.value.row) == ("SCORE_NEGATIVE", 2)
