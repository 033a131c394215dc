import numpy as np
import pytest
from engine import scores_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_is_what_was_sent(rng, dtype):
    sent = (rng.standard_normal(100) * 1e6).astype(dtype)
    np.testing.assert_array_equal(scores_of("caller", {"scores": sent}), sent.astype(float))
