import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.top import Top
from querist_server.engine.guards.near_duplicate import NearDuplicate
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from sklearn.metrics.pairwise import cosine_similarity


def families(rng, families=30, each=4, width=6, dtype=np.float64):
    """Return points of which each is followed by near copies of other lengths."""
    origin = rng.standard_normal((families, width))
    points = np.repeat(origin, each, axis=0) * rng.uniform(0.1, 10, (families * each, 1))
    points += rng.standard_normal(points.shape) * 1e-3 * np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(dtype)


def plan(choice=None, **parameters):
    return Plan(CallerScore(), choice or Top(), guards=(NearDuplicate(**parameters),))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("choice", [Top(), KCenter()])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_no_two_of_a_batch_are_duplicates(rng, dtype, choice, share):
    points = families(rng, dtype=dtype)
    chosen = select(plan(choice), {"scores": rng.random(120), "embeddings": points}, count=25, random_share=share)
    alike = cosine_similarity(points[chosen.indices].astype(float)) - np.eye(25)
    assert alike.max() < 0.98 + 1e-6
    assert len(set(chosen.indices // 4)) == 25
    assert set(chosen.guarded_reasons) == {"DUPLICATE_IN_BATCH"}
    assert set(chosen.guarded_indices // 4) == set(chosen.indices // 4)


@pytest.mark.parametrize("pieces", [None, 7])
def test_duplicates_of_labelled_instances_are_put_aside(rng, pieces):
    points = families(rng)
    labelled = points[[0, 40, 77]] * 3
    beside = {"labelled.embeddings": labelled}
    chosen = select(plan(of_batch=False), {"scores": rng.random(120), "embeddings": points}, pieces=pieces, beside=beside)
    alike = cosine_similarity(points, labelled).max(axis=1)
    assert chosen.guarded_indices.tolist() == np.flatnonzero(alike >= 0.98).tolist()
    np.testing.assert_allclose(chosen.guarded_values, alike[alike >= 0.98], atol=1e-12)
    assert set(chosen.guarded_reasons) == {"DUPLICATE_OF_LABELLED"}
    unguarded = select(plan(of_batch=False, of_labelled=False), {"scores": rng.random(120), "embeddings": points}, beside=beside)
    assert unguarded.guarded_total == 0


@pytest.mark.parametrize("rows_at_a_time", [256, 7])
def test_of_duplicates_in_the_pool_the_first_stays(rng, rows_at_a_time, monkeypatch):
    from querist_server.engine.kernels import duplicates

    monkeypatch.setattr(duplicates, "ROWS_AT_A_TIME", rows_at_a_time)
    points = families(rng)[rng.permutation(120)]
    chosen = select(plan(of_batch=False, of_pool=True), {"scores": rng.random(120), "embeddings": points})
    alike = cosine_similarity(points) >= 0.98
    staying: list[int] = []
    for row in range(120):
        if not any(alike[row, other] for other in staying):
            staying.append(row)
    assert sorted(chosen.indices.tolist()) == staying
    assert set(chosen.guarded_reasons) == {"DUPLICATE_IN_POOL"}
    assert (chosen.guarded_values >= 0.98 - 1e-12).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e18])
def test_the_very_same_row_reaches_a_similarity_of_1(rng, dtype, scale):
    points = np.repeat((rng.standard_normal((6, 37)) * scale).astype(dtype), 3, axis=0)
    for parameters in ({"of_pool": True}, {}):
        chosen = select(plan(similarity=1.0, **parameters), {"scores": rng.random(18), "embeddings": points}, count=6)
        assert sorted(set(chosen.indices // 3)) == list(range(6))


def test_zeros_are_duplicates_of_zeros_alone(rng):
    points = np.zeros((6, 3))
    points[4:] = rng.standard_normal((2, 3))
    for parameters in ({"of_pool": True}, {}):
        chosen = select(plan(similarity=0.5, **parameters), {"scores": np.arange(5.0), "embeddings": points[:5]}, count=2)
        assert len(set(chosen.indices.tolist()) & {0, 1, 2, 3}) == 1
    beside = {"labelled.embeddings": np.zeros((1, 3))}
    chosen = select(plan(of_batch=False), {"scores": np.arange(6.0), "embeddings": points}, beside=beside)
    assert chosen.guarded_indices.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_are_no_duplicates_of_others_at_a_similarity_of_0(dtype):
    points = np.array([[0, 0], [0, 0], [1, 0], [-1, 0]], dtype)
    sent = {"scores": np.array([1.0, 2, 4, 3]), "embeddings": points}
    assert select(plan(similarity=0.0, of_batch=False, of_pool=True), sent).guarded_indices.tolist() == [1]
    assert select(plan(similarity=0.0), sent, count=3).indices.tolist() == [2, 3, 1]
    for labelled, alike in ((points[2:3], [2]), (points[:1], [0, 1])):
        beside = {"labelled.embeddings": labelled}
        assert select(plan(similarity=0.0, of_batch=False), sent, beside=beside).guarded_indices.tolist() == alike
