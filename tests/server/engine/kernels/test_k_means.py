import numpy as np
import pytest
from querist_server.engine.kernels.k_means import assigned, k_means, moved
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans


def go_on():
    pass


def inertia(points, centres, weights=None):
    nearest = cdist(points, centres).min(axis=1) ** 2
    return float((nearest if weights is None else nearest * weights).sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_one_round_equals_brute_force(rng, weighted):
    points, centres = rng.standard_normal((500, 3)), rng.standard_normal((7, 3))
    weights = rng.random(500) if weighted else None
    labels = assigned(points, centres, np.zeros(3), go_on)
    np.testing.assert_array_equal(labels, cdist(points, centres).argmin(axis=1))
    expected = [
        np.average(points[labels == cluster], axis=0, weights=None if weights is None else weights[labels == cluster])
        for cluster in range(7)
    ]
    np.testing.assert_allclose(moved(points, weights, labels, centres, np.zeros(3), go_on), expected, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_converges_where_scikit_learn_does_from_the_same_centres(rng, weighted):
    points = rng.standard_normal((400, 3))
    weights = rng.random(400) + 0.1 if weighted else None
    _, start = k_means(points, weights, 8, 3, 0, go_on)
    theirs = KMeans(8, init=start, n_init=1, max_iter=300, tol=0).fit(points, sample_weight=weights)
    labels, centres = k_means(points, weights, 8, 3, 300, go_on)
    np.testing.assert_allclose(centres, theirs.cluster_centers_, atol=1e-9)
    np.testing.assert_array_equal(labels, theirs.labels_)


def test_rounds_never_raise_the_inertia(rng):
    points = rng.standard_normal((600, 5))
    values = [inertia(points, k_means(points, None, 12, 1, rounds, go_on)[1]) for rounds in range(12)]
    assert (np.diff(values) <= 1e-9).all()


def test_is_as_good_as_scikit_learn_on_blobs(rng):
    points = np.repeat(rng.standard_normal((20, 6)) * 8, 50, axis=0) + rng.standard_normal((1000, 6))
    mine = np.median([inertia(points, k_means(points, None, 20, seed, 10, go_on)[1]) for seed in range(9)])
    theirs = np.median([KMeans(20, n_init=1, max_iter=10, random_state=seed).fit(points).inertia_ for seed in range(9)])
    assert mine < 1.15 * theirs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_the_origin(rng, dtype):
    points = (np.repeat([[0.0, 0], [9, 0], [0, 9]], 30, axis=0) + rng.random((90, 2)) + 1e5).astype(dtype)
    labels, _ = k_means(points, None, 3, 1, 10, go_on)
    assert [len(set(labels[start : start + 30].tolist())) for start in (0, 30, 60)] == [1, 1, 1]
    assert len(set(labels.tolist())) == 3


def test_degenerate_pools():
    labels, centres = k_means(np.zeros((5, 2)), None, 3, 1, 5, go_on)
    assert (len(centres), set(labels.tolist())) == (1, {0})
    _, centres = k_means(np.ones((4, 1), np.float32), np.zeros(4), 2, 1, 5, go_on)
    assert centres.tolist() == [[1.0]]
