import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.guards.knn_outlier import KnnOutlier
from querist_server.engine.plan import Plan
from querist_server.engine.scores.random import Random
from scipy.stats import median_abs_deviation
from sklearn.neighbors import NearestNeighbors


def guarded(points, pieces=None, beside=None, **parameters):
    return select(Plan(Random(), Top(), guards=(KnnOutlier(**parameters),)), {"embeddings": points}, pieces=pieces, beside=beside)


def expected(points, reference, own, neighbours, z=4.0):
    """Return the deviations by scikit-learn's neighbours; `own` says whether points are among the reference."""
    model = NearestNeighbors(n_neighbors=neighbours + own).fit(reference)
    far = np.log(model.kneighbors(points)[0][:, own:].mean(axis=1))
    deviations = (far - np.median(far)) / (1.4826 * median_abs_deviation(far))
    return np.flatnonzero(deviations > z), deviations


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pieces", [None, 37])
def test_equals_scikit_learn(rng, dtype, pieces):
    points = rng.standard_normal((300, 4)).astype(dtype)
    points[[7, 200]] = 30 + rng.standard_normal((2, 4))
    rows, deviations = expected(points, points, 1, 10)
    chosen = guarded(points, pieces)
    assert chosen.guarded_indices.tolist() == rows.tolist()
    assert {7, 200} <= set(rows.tolist())
    np.testing.assert_allclose(chosen.guarded_values, deviations[rows], rtol=1e-4)


def test_the_labelled_set_counts_as_neighbours(rng):
    points = rng.standard_normal((200, 3))
    points[5] = 50
    labelled = 50 + rng.standard_normal((30, 3)) * 0.3
    assert 5 in guarded(points).guarded_indices
    assert 5 not in guarded(points, beside={"labelled.embeddings": labelled}).guarded_indices


def test_a_drawn_reference_finds_the_same_strangers(rng):
    points = rng.standard_normal((2000, 4))
    points[[7, 1500]] = 40
    points[1500] = -40
    assert {7, 1500} <= set(guarded(points, reference_rows=300).guarded_indices.tolist())


def test_points_far_from_the_origin_keep_their_distances(rng):
    points = rng.standard_normal((100, 3)) + 1e7
    points[4] += 40
    assert 4 in guarded(points).guarded_indices
    np.testing.assert_array_equal(guarded(points).guarded_indices, expected(points, points, 1, 10)[0])


@pytest.mark.parametrize("rows", [1, 2, 4, 6])
def test_few_candidates_are_no_crowd(rng, rows):
    assert guarded(rng.standard_normal((rows, 2)) ** 3).guarded_total <= (rows >= 5)


def test_identical_rows_and_zeros_are_no_outliers(rng):
    assert guarded(np.zeros((30, 3))).guarded_total == 0
    assert guarded(np.full((30, 1), 1e18, np.float32)).guarded_total == 0
    mostly = np.zeros((40, 2))
    mostly[:5] = rng.standard_normal((5, 2))
    assert guarded(mostly).guarded_total <= 5


@pytest.mark.parametrize("rows", [300, 500, 700])
@pytest.mark.parametrize("shape", ["ring", "simplex"])
def test_rounding_is_no_deviation(rng, rows, shape):
    """Where all instances are equally far from their neighbours, float32 alone tells them apart."""
    angles = np.arange(rows) / rows * 2 * np.pi
    points = np.column_stack((np.cos(angles), np.sin(angles))) if shape == "ring" else np.linalg.qr(rng.standard_normal((rows, rows)))[0]
    assert guarded(points.astype(np.float32)).guarded_total == 0
    points[3] *= 40
    assert 3 in guarded(points.astype(np.float32)).guarded_indices  # on the ring, those that it leaves are further from others too
