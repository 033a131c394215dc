import numpy as np
import pytest
from engine import probabilities, select
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels.gradients import Gradients
from scipy import stats


def explicit(rows, points):
    """The gradients themselves, [n, C x D]."""
    residuals = rows - np.eye(rows.shape[1])[rows.argmax(axis=1)]
    return (residuals[:, :, None] * points[:, None, :]).reshape(len(rows), -1)


@pytest.fixture
def pool(rng):
    return probabilities(rng, 40, 4), rng.standard_normal((40, 5))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_factored_distances_equal_those_of_the_explicit_gradients(pool, dtype, tolerance):
    rows, points = (array.astype(dtype) for array in pool)
    gradients, whole = Gradients(rows, points, lambda: None), explicit(*pool)
    np.testing.assert_allclose(gradients.squared_lengths, (whole**2).sum(axis=1), rtol=tolerance, atol=tolerance)
    for centre in range(40):
        expected = ((whole - whole[centre]) ** 2).sum(axis=1)
        nearest = np.full(40, np.inf)
        gradients.lower(nearest, centre)
        np.testing.assert_allclose(nearest, expected, rtol=10 * tolerance, atol=30 * tolerance)
        limit = np.where(np.arange(40) % 2, expected * 0.5, expected * 2)
        lowered = limit.copy()
        gradients.lower(lowered, centre)
        np.testing.assert_allclose(lowered, np.minimum(limit, expected), rtol=10 * tolerance, atol=30 * tolerance)


def test_the_longest_gradient_comes_first_and_the_rest_by_squared_distance(pool):
    rows, points = pool
    whole = explicit(rows, points)
    lengths = (whole**2).sum(axis=1)
    seconds, thirds = np.zeros(40), np.zeros(40)
    for seed in range(4000):
        first, second, third = select("badge", {"probabilities": rows, "embeddings": points}, count=3, seed=seed).indices
        assert first == lengths.argmax()
        seconds[second] += 1
        if second == 5:
            thirds[third] += 1
    to_first = ((whole - whole[lengths.argmax()]) ** 2).sum(axis=1)
    fits(seconds, to_first)
    fits(thirds, np.minimum(to_first, ((whole - whole[5]) ** 2).sum(axis=1)))


def fits(seen, weights):
    """Assert that counts fit weights, cells with few expected counts put together."""
    assert (seen[weights == 0] == 0).all()
    expected = weights / weights.sum() * seen.sum()
    few = expected < 5
    pooled = np.append(expected[~few], expected[few].sum()), np.append(seen[~few], seen[few].sum())
    assert stats.chisquare(pooled[1] + 1e-9, pooled[0] + 1e-9).pvalue > 1e-5


def test_gradients_that_coincide_come_last_by_score(rng):
    rows = np.repeat([[0.6, 0.4], [0.9, 0.1], [1.0, 0.0]], [3, 2, 2], axis=0)
    chosen = select("badge", {"probabilities": rows, "embeddings": np.ones((7, 2))}).indices
    assert sorted(chosen.tolist()) == list(range(7))
    assert chosen[0] == 0
    assert not {1, 2} & set(chosen[1:3].tolist())
    assert chosen[3:5].tolist() == [1, 2]


def test_probabilities_and_embeddings_must_be_sent(rng):
    for columns, missing in (({"embeddings": np.ones((3, 2))}, "probabilities"), ({"probabilities": np.full((3, 2), 0.5)}, "embeddings")):
        with pytest.raises(EngineError) as caught:
            select("badge", columns, count=1)
        assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", missing)


@pytest.mark.parametrize("types", [(np.float32, np.float64), (np.float64, np.float32), (np.float16, np.float64)])
def test_nothing_is_taken_twice_whatever_the_types(rng, types):
    """Regression test: a distance to itself that rounding left above 0 was mass to draw from."""
    rows, points = probabilities(rng, 300, 4), rng.standard_normal((300, 8))
    for seed in range(20):
        columns = {"probabilities": rows.astype(types[0]), "embeddings": points.astype(types[1])}
        assert sorted(select("badge", columns, seed=seed).indices.tolist()) == list(range(300))
