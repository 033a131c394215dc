import numpy as np
import pytest
from measured import measured_by
from querist_server.engine.kernels import distances, neighbours
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors


def go_on():
    pass


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", ["gauss", "blobs", "line"])
@pytest.mark.parametrize("labels", [0, 30])
def test_a_growing_set_of_centres_equals_brute_force(rng, dtype, shape, labels):
    points = {
        "gauss": rng.standard_normal((400, 6)),
        "blobs": np.repeat(rng.standard_normal((8, 6)) * 30, 50, axis=0) + rng.standard_normal((400, 6)),
        "line": np.outer(rng.random(400), np.ones(6)),
    }[shape].astype(dtype)
    known = rng.standard_normal((labels, 6)).astype(dtype)
    nearest = distances.Nearest(points, go_on)
    if labels:
        nearest.start(known)
    centres = list(known)
    for row in rng.integers(0, 400, 40):
        nearest.add(points[row])
        centres.append(points[row])
    exact = cdist(points.astype(float), np.array(centres).astype(float)) ** 2
    np.testing.assert_allclose(nearest.squared, exact.min(axis=1), rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-9)
    np.testing.assert_allclose(exact[np.arange(400), nearest.owner], exact.min(axis=1), rtol=1e-5, atol=1e-9)


def test_far_fewer_distances_than_all(rng, monkeypatch):
    computed = measured_by(distances, monkeypatch)
    points = np.repeat(rng.standard_normal((30, 8)) * 30, 100, axis=0) + rng.standard_normal((3000, 8))
    nearest = distances.Nearest(points, go_on)
    for _ in range(200):
        nearest.add(points[int(nearest.squared.argmax()) if nearest.centres else 0])
    assert sum(computed) < 0.15 * 200 * 3000


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_neighbours_equal_scikit_learn(rng, offset):
    points, queries = rng.standard_normal((300, 5)) + offset, rng.standard_normal((80, 5)) + offset
    expected, rows = NearestNeighbors(n_neighbors=7, algorithm="brute").fit(points - offset).kneighbors(queries - offset)
    found, positions = neighbours.nearest(queries, points, 7, go_on)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(positions, rows)


def test_a_query_is_no_neighbour_of_its_own(rng):
    points = np.repeat(rng.standard_normal((20, 3)), 2, axis=0)
    found, positions = neighbours.nearest(points, points, 3, go_on, np.arange(40))
    assert (positions != np.arange(40)[:, None]).all()
    np.testing.assert_allclose(found[:, 0], 0)
    np.testing.assert_array_equal(positions[:, 0] // 2, np.arange(40) // 2)


def test_as_many_neighbours_as_there_are(rng):
    points = rng.standard_normal((6, 2))
    found, positions = neighbours.nearest(points, points, 5, go_on, np.arange(6))
    assert [sorted(row) for row in positions.tolist()] == [[j for j in range(6) if j != i] for i in range(6)]
    assert (np.diff(found, axis=1) >= 0).all()
