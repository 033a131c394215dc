import numpy as np
import pytest
from draws import fits
from engine import select
from querist_server.engine.choices.power import Power
from querist_server.engine.errors import EngineError
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore

SCORES = np.array([0.1, 2.0, 0.5, 1.0, 0.7])


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_draws_in_proportion_to_the_power_of_the_score(beta):
    plan = Plan(CallerScore(), Power(beta))
    fits(lambda seed: select(plan, {"scores": SCORES}, count=2, seed=seed).indices, (SCORES**beta).tolist(), 2)


def test_zero_scores_are_taken_only_when_no_other_is_left_and_then_at_random():
    scores = np.array([0.0, 1e-300, 0.0, 5.0, 0.0])
    last = set()
    for seed in range(60):
        chosen = select(Plan(CallerScore(), Power()), {"scores": scores}, count=3, seed=seed).indices
        assert set(chosen[:2].tolist()) == {1, 3}
        last.add(int(chosen[2]))
    assert last == {0, 2, 4}


def test_large_beta_is_top():
    chosen = select(Plan(CallerScore(), Power(1e6)), {"scores": SCORES}, count=3).indices
    assert chosen.tolist() == [1, 3, 4]


def test_negative_scores_are_refused_with_their_row():
    with pytest.raises(EngineError) as caught:
        select(Plan(CallerScore(), Power()), {"scores": np.array([1.0, -0.5])}, count=1)
    assert (caught.value.reason, caught.value.row) == ("SCORE_NEGATIVE", 1)


@pytest.mark.parametrize("beta", [0.0, -1.0, 1e7, float("nan"), float("inf")])
def test_beta_out_of_bounds_is_refused(beta):
    with pytest.raises(EngineError) as caught:
        Power(beta)
    assert caught.value.field == "plan.choice.power.beta"
