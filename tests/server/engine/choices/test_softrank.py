import numpy as np
import pytest
from draws import fits
from engine import select
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore

SCORES = np.array([0.1, 50.0, 0.5, 0.5, -7.0])
RANKS = np.array([4, 1, 2, 3, 5])


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_draws_in_proportion_to_the_power_of_the_inverse_rank(beta):
    plan = Plan(CallerScore(), Softrank(beta))
    fits(lambda seed: select(plan, {"scores": SCORES}, count=2, seed=seed).indices, (RANKS**-beta).tolist(), 2)


def test_rescaling_the_score_changes_nothing():
    plan = Plan(CallerScore(), Softrank())
    one, other = (select(plan, {"scores": scores}, count=4).indices for scores in (SCORES, np.arctan(SCORES) * 1e-9))
    np.testing.assert_array_equal(one, other)
