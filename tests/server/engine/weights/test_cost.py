import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.weights.cost import Cost


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("pieces", [None, 3])
def test_the_choice_goes_by_score_per_cost(rng, gamma, pieces):
    scores, costs = rng.random(40), rng.uniform(0.5, 9, 40)
    plan = Plan(CallerScore(), Top(), weights=(Cost(gamma=gamma),))
    chosen = select(plan, {"scores": scores, "costs": costs}, pieces=pieces, count=9, keep_components=True)
    values = scores / costs**gamma
    assert chosen.indices.tolist() == np.argsort(-values, kind="stable")[:9].tolist()
    np.testing.assert_allclose(chosen.values, values[chosen.indices])
    np.testing.assert_array_equal(chosen.scores, scores[chosen.indices])
    np.testing.assert_allclose(chosen.components["cost"], costs[chosen.indices] ** -gamma)


def test_a_negative_score_would_turn_the_order_round():
    with pytest.raises(EngineError) as caught:
        select(Plan(CallerScore(), Top(), weights=(Cost(),)), {"scores": np.array([1.0, -1.0]), "costs": np.ones(2)}, count=1)
    assert (caught.value.reason, caught.value.field, caught.value.row) == ("SCORE_NEGATIVE", "plan.weights", 1)


def test_a_weight_may_be_there_once():
    with pytest.raises(EngineError) as caught:
        select(Plan(CallerScore(), Top(), weights=(Cost(), Cost(gamma=0.5))), {"scores": np.ones(2), "costs": np.ones(2)}, count=1)
    assert (caught.value.reason, caught.value.field) == ("FIELD_CONFLICT", "plan.weights")
