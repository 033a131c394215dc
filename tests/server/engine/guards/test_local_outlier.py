import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.guards.local_outlier import LocalOutlier
from querist_server.engine.plan import Plan
from querist_server.engine.scores.random import Random
from sklearn.neighbors import LocalOutlierFactor


def guarded(points, beside=None, **parameters):
    return select(Plan(Random(), Top(), guards=(LocalOutlier(**parameters),)), {"embeddings": points}, beside=beside)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("neighbours", [5, 20])
def test_equals_scikit_learn(rng, dtype, neighbours):
    points = np.vstack((rng.standard_normal((150, 4)), 8 + 0.1 * rng.standard_normal((100, 4)), [[8, 8, 8, 9.5]])).astype(dtype)
    factors = -LocalOutlierFactor(n_neighbors=neighbours).fit(points.astype(float)).negative_outlier_factor_
    chosen = guarded(points, neighbours=neighbours, factor=1.5)
    assert chosen.guarded_indices.tolist() == np.flatnonzero(factors > 1.5).tolist()
    assert 250 in chosen.guarded_indices
    np.testing.assert_allclose(chosen.guarded_values, factors[factors > 1.5], rtol=1e-4)


def test_new_points_are_judged_by_a_drawn_reference(rng):
    points = np.vstack((rng.standard_normal((1500, 3)), [[30, 0, 0]]))
    assert 1500 in guarded(points, reference_rows=300).guarded_indices


@pytest.mark.parametrize("rows", [1, 3, 6])
def test_few_candidates_and_identical_rows(rng, rows):
    guarded(rng.standard_normal((rows, 2)))
    assert guarded(np.zeros((30, 2))).guarded_total == 0
