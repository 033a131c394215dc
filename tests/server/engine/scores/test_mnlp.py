import math

import numpy as np
import pytest
from engine import parts, scores_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_mean_surprise_of_each_sequence(rng, dtype):
    whole = parts(rng, 50, dtype)
    found = scores_of("mnlp", {"parts": whole})
    rows = np.split(whole.columns["probabilities"].astype(float), np.cumsum(whole.counts)[:-1])
    expected = [-sum(math.log(max(token)) for token in tokens.tolist()) / len(tokens) if len(tokens) else 0 for tokens in rows]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_length_does_not_count(rng):
    from querist_server.engine.ragged import Ragged

    token = np.array([[0.6, 0.3, 0.1]])
    found = scores_of("mnlp", {"parts": Ragged(np.array([1, 9]), {"probabilities": np.repeat(token, 10, axis=0)})})
    np.testing.assert_allclose(found, [-math.log(0.6)] * 2)
