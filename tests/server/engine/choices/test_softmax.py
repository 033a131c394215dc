import numpy as np
import pytest
from draws import fits
from engine import select
from querist_server.engine.choices.softmax import Softmax
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore

SCORES = np.array([-1.0, 2.0, 0.0, 1.0, 0.5])


@pytest.mark.parametrize("beta", [0.3, 1.0, 2.0])
def test_draws_in_proportion_to_the_exponential_of_the_score(beta):
    plan = Plan(CallerScore(), Softmax(beta))
    fits(lambda seed: select(plan, {"scores": SCORES}, count=2, seed=seed).indices, np.exp(beta * SCORES).tolist(), 2)
