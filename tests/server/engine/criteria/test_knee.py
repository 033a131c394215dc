"""Against the definition, written as a loop."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.knee import Knee, steepest
from querist_server.engine.criterion import Status


def test_the_bend_is_that_of_the_definition(rng):
    for _ in range(50):
        relevant = rng.random(int(rng.integers(2, 80))) < 0.3
        found, screened = int(relevant.sum()), len(relevant)
        ratios = []
        for place in range(1, screened):
            before = int(relevant[:place].sum())
            ratios.append((before / place) / ((found - before + 1) / (screened - place)))
        assert steepest(relevant) == pytest.approx(max(ratios))


def test_the_threshold_falls_with_the_finds():
    few, many = (Knee().vote(campaigns.recalled([True] * count + [False] * 50)) for count in (20, 200))
    assert (few.threshold, many.threshold) == (136, 6)
    assert Knee(3.5).vote(campaigns.recalled([True] * 20 + [False] * 50)).threshold == 3.5


@pytest.mark.parametrize(("relevant", "status"), [([True] * 200 + [False] * 200, Status.STOP), ([True, False] * 200, Status.CONTINUE)])
def test_curves(relevant, status):
    assert Knee().vote(campaigns.recalled(np.array(relevant))).status is status


@pytest.mark.parametrize("relevant", [[], [True], [False] * 30])
def test_nothing_found_cannot_say(relevant):
    assert Knee().vote(campaigns.recalled(relevant)).status is Status.INCONCLUSIVE
