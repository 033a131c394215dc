import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.errors import EngineError


def test_is_what_was_sent(rng):
    values = rng.random(20).astype(np.float32)
    np.testing.assert_array_equal(scores_of("predictive_variance", {"predicted_variances": values}), values.astype(float))


def test_a_variance_is_0_or_more():
    with pytest.raises(EngineError) as caught:
        scores_of("predictive_variance", {"predicted_variances": np.array([0.1, -0.1])})
    assert (caught.value.reason, caught.value.field, caught.value.row) == ("VALUE_OUT_OF_RANGE", "predicted_variances", 1)
