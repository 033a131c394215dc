"""Against the sum of binomial probabilities, and a simulation of the promise."""

import math

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.qbcb import Qbcb
from querist_server.engine.criterion import Status


def needed(size, target, confidence):
    total = 0.0
    for found in range(size + 1):
        total += math.comb(size, found) * target**found * (1 - target) ** (size - found)
        if total >= confidence - 1e-12:
            return found + 1
    raise AssertionError


@pytest.mark.parametrize("size", [10, 30, 100])
@pytest.mark.parametrize("target", [0.5, 0.7, 0.9])
def test_it_is_a_quantile_of_the_binomial(size, target):
    least = needed(size, target, 0.95)
    votes = [Qbcb().vote(campaigns.recalled([True], control=(size, found), target=target)) for found in (least - 1, min(least, size))]
    if least > size:
        assert votes[0].status is Status.INCONCLUSIVE
    else:
        assert [vote.status for vote in votes] == [Status.CONTINUE, Status.STOP]


def test_the_promise_holds(rng):
    """Whatever the order of screening: at the place where it stops, recall is reached with the stated confidence."""
    kept = 0
    for _ in range(1000):
        ranks = rng.permutation(400)  # when each relevant instance is found
        control = np.sort(ranks[:60])
        place = control[needed(60, 0.8, 0.95) - 1]
        kept += np.mean(ranks <= place) >= 0.8
    assert kept >= 940


def test_without_a_control_set_it_cannot_say():
    assert Qbcb().vote(campaigns.recalled([True])).status is Status.INCONCLUSIVE
