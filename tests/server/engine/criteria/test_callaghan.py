"""Against buscarpy."""

import buscarpy
import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.callaghan import Callaghan, least_chance
from querist_server.engine.criterion import Status


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95, 0.99])
def test_it_is_buscarpys(rng, target):
    compared = 0
    for _ in range(40):
        everything = int(rng.integers(60, 400))
        relevant = rng.random(everything) < rng.uniform(0.05, 0.4)
        ranked = relevant[np.argsort(-1.0 * relevant + rng.standard_normal(everything) * 0.8, kind="stable")]
        screened = ranked[: int(rng.integers(20, everything))]
        with np.errstate(invalid="ignore"):
            theirs = buscarpy.calculate_h0(screened.astype(int), everything, recall_target=target)
        if not np.isnan(theirs):  # as it is where more would have to be left than there are: then the target is surely reached
            compared += 1
            assert least_chance(screened, everything - len(screened), target) == pytest.approx(theirs, abs=1e-12)
    assert compared > 10


def test_it_falls_with_the_target(rng):
    screened = rng.random(150) < np.linspace(0.8, 0.01, 150)
    chances = [least_chance(screened, 200, target) for target in np.linspace(0.5, 0.99, 20)]
    assert np.all(np.diff(chances) >= -1e-12)


def test_more_than_are_left_cannot_be_missing():
    assert least_chance(np.array([True] * 10), 1, 0.5) == 0.0


@pytest.mark.parametrize(("relevant", "unscreened"), [([], 10), ([False, False], 10), ([True], None)])
def test_nothing_found_cannot_say(relevant, unscreened):
    assert Callaghan().vote(campaigns.recalled(relevant, unscreened)).status is Status.INCONCLUSIVE


def test_a_long_silence_stops():
    assert Callaghan().vote(campaigns.recalled([True] * 50 + [False] * 200, 100)).status is Status.STOP
    assert Callaghan().vote(campaigns.recalled([True] * 50 + [False] * 5, 100)).status is Status.CONTINUE


def test_a_pool_of_any_size_is_answered():
    """Summed as scipy does, this would take seconds for each stretch."""
    few, many = (least_chance(np.arange(5000) < 100, unscreened, 0.95) for unscreened in (10**6, 2**62))
    assert few <= many == pytest.approx(1)
