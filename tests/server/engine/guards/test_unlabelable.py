import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.guards.unlabelable import Unlabelable
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore


def test_what_reaches_the_threshold_is_put_aside(rng):
    chances = np.array([0.0, 0.49, 0.5, 0.9, 0.2], np.float32)
    chosen = select(Plan(CallerScore(), Top(), guards=(Unlabelable(),)), {"scores": np.arange(5.0), "unlabelable": chances})
    assert chosen.indices.tolist() == [4, 1, 0]
    assert chosen.guarded_indices.tolist() == [2, 3]
    assert chosen.guarded_reasons == ["UNLABELABLE"] * 2
    np.testing.assert_allclose(chosen.guarded_values, [0.5, 0.9])


def test_chances_are_probabilities():
    with pytest.raises(EngineError) as caught:
        select(Plan(CallerScore(), Top(), guards=(Unlabelable(),)), {"scores": np.ones(2), "unlabelable": np.array([0.5, 1.5])})
    assert (caught.value.reason, caught.value.field, caught.value.row) == ("VALUE_OUT_OF_RANGE", "unlabelable", 1)
