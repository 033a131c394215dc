import math

import numpy as np
import pytest
from engine import scores_of
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.label_uncertainty import LabelUncertainty

MEASURES = {"MARGIN": lambda p: 1 - abs(2 * p - 1), "ENTROPY": lambda p: -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)}
AGGREGATES = {"MEAN": lambda each: sum(each) / len(each), "MAX": max, "TOP_M": lambda each: sum(sorted(each)[-2:]) / min(2, len(each))}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("labels", [1, 2, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_the_formula(rng, measure, aggregate, labels, dtype):
    values = rng.random((40, labels)).astype(dtype)
    values[0], values[1], values[2] = 0, 1, 0.5
    expected = [AGGREGATES[aggregate]([MEASURES[measure](float(p)) for p in row]) for row in values]
    score = LabelUncertainty(label_measure=measure, aggregate=aggregate, m=2)
    np.testing.assert_allclose(scores_of(Plan(score, Top()), {"label_probabilities": values}), expected, atol=1e-12)


def test_aggregates_of_parts_are_refused():
    with pytest.raises(EngineError) as caught:
        LabelUncertainty(aggregate="QUANTILE")
    assert (caught.value.reason, caught.value.field) == ("VALUE_OUT_OF_RANGE", "plan.score.label_uncertainty.aggregate")


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_a_probability_is_between_0_and_1(rng, wrong):
    values = rng.random((5, 3))
    values[3, 1] = wrong
    with pytest.raises(EngineError) as caught:
        scores_of("label_margin", {"label_probabilities": values})
    assert (caught.value.reason, caught.value.field, caught.value.row) == ("VALUE_OUT_OF_RANGE", "label_probabilities", 3)
