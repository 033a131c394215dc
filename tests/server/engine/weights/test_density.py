import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.weights.density import Density
from sklearn.metrics.pairwise import cosine_similarity


def densities(points, beta=1.0, **task):
    plan = Plan(CallerScore(), Top(), weights=(Density(beta=beta),))
    chosen = select(plan, {"scores": np.ones(len(points)), "embeddings": points}, keep_components=True, **task)
    found = np.full(len(points), np.nan)
    found[chosen.indices] = chosen.components["density"]
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
def test_equals_all_pairs(rng, dtype, beta):
    points = (rng.standard_normal((80, 5)) + 0.5).astype(dtype)
    expected = ((1 + cosine_similarity(points)) / 2).mean(axis=1) ** beta
    np.testing.assert_allclose(densities(points, beta), expected, atol=1e-6 if dtype == np.float32 else 1e-12)


def test_only_candidates_count(rng):
    points = rng.standard_normal((60, 4))
    out = rng.random(60) < 0.4
    expected = ((1 + cosine_similarity(points[~out])) / 2).mean(axis=1)
    plan = Plan(CallerScore(), Top(), weights=(Density(),))
    chosen = select(plan, {"scores": np.ones(60), "embeddings": points, "excluded": out}, keep_components=True)
    np.testing.assert_allclose(np.sort(chosen.components["density"]), np.sort(expected))


def test_an_outlier_comes_after_the_crowd(rng):
    points = np.vstack((rng.standard_normal((50, 3)) * 0.1 + [5, 0, 0], [[-5, 0, 0]]))
    assert densities(points).argmin() == 50


def test_zeros_and_long_vectors_are_fine():
    assert densities(np.zeros((3, 2))).tolist() == [0.5] * 3
    np.testing.assert_allclose(densities(np.full((4, 2), 1e18, np.float32)), 1.0, atol=1e-6)
