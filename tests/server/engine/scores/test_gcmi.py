import numpy as np
import pytest
from engine import scores_of
from sklearn.metrics.pairwise import cosine_similarity


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_mean_similarity(rng, dtype):
    points, wanted, unwanted = (rng.standard_normal((rows, 5)).astype(dtype) for rows in (60, 7, 9))
    towards = (1 + cosine_similarity(points, wanted)).mean(axis=1) / 2
    away = (1 + cosine_similarity(points, unwanted)).mean(axis=1) / 2
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(scores_of("gcmi", {"embeddings": points}, beside={"wanted": wanted}), towards, atol=tolerance)
    both = scores_of("gcmi", {"embeddings": points}, beside={"wanted": wanted, "unwanted": unwanted})
    np.testing.assert_allclose(both, towards - away, atol=tolerance)


def test_length_does_not_count_and_zeros_are_like_nothing(rng):
    points, wanted = rng.standard_normal((5, 3)), rng.standard_normal((2, 3))
    beside = {"wanted": wanted}
    np.testing.assert_allclose(
        scores_of("gcmi", {"embeddings": points * 1e15}, beside=beside), scores_of("gcmi", {"embeddings": points}, beside=beside)
    )
    assert scores_of("gcmi", {"embeddings": np.zeros((1, 3))}, beside=beside).tolist() == [0.5]
