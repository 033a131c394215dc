"""The candidate that tells most, found by rough numbers first, beside exact numbers for all."""

import numpy as np
import pytest
from querist_server.engine.kernels import committee
from querist_server.engine.kernels.outcomes import Outcomes


@pytest.mark.parametrize("most", [100, 5000])
@pytest.mark.parametrize("taken", [0, 1, 6])
def test_the_highest_is_that_of_exact_numbers(rng, most, taken):
    outcomes, members, settled = _outcomes(rng, most, taken)
    among = rng.random(len(members)) < 0.8
    gains = np.where(among, np.maximum(outcomes.open_entropy(members, _goes_on) - settled, 0), -1)
    assert outcomes.highest(members, settled, among, _goes_on) == (int(gains.argmax()), pytest.approx(gains.max(), rel=1e-12))


def test_of_near_equals_the_higher_one_is_found_and_of_equals_the_first(rng):
    outcomes, members, settled = _outcomes(rng, 1000, 2)
    gains = outcomes.open_entropy(members, _goes_on) - settled
    best = int(gains.argmax())
    members, settled = np.concatenate((members[[best] * 3], members)), np.concatenate((settled[[best] * 3], settled))
    settled[1] -= 1e-9  # far below what float32 can tell
    assert outcomes.highest(members, settled, np.ones(len(members), bool), _goes_on)[0] == 1
    settled[1] += 1e-9
    assert outcomes.highest(members, settled, np.ones(len(members), bool), _goes_on)[0] == 0


def test_where_nothing_is_to_be_learnt_the_first_is_taken(rng):
    members = np.repeat(rng.dirichlet(np.ones(4), 50)[:, None], 6, axis=1)  # all members agree
    settled = committee.mean_entropy(np.moveaxis(members, 1, 0), np.full(6, 1 / 6)) + rng.random(50)
    outcomes = Outcomes(np.full(6, 1 / 6), 100, 1)
    assert outcomes.highest(members, settled, np.arange(50) > 6, _goes_on) == (7, 0.0)


def _outcomes(rng, most, taken):
    members = rng.dirichlet(np.full(5, 0.3), (400, 7))
    weights = rng.dirichlet(np.ones(7))
    outcomes = Outcomes(weights, most, 1)
    for row in range(taken):
        outcomes.add(members[row], row)
    return outcomes, members, committee.mean_entropy(np.moveaxis(members, 1, 0), weights)


def _goes_on():
    pass
