"""Against the variance of a simulated recall."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.quant_ci import QuantCi
from querist_server.engine.criterion import Status


def mass(screened, unscreened):
    return screened.sum(), unscreened.sum(), (screened * (1 - screened)).sum(), (unscreened * (1 - unscreened)).sum()


def test_the_interval_is_that_of_independent_draws_to_first_order(rng):
    """The first-order spread takes the total as independent of what was screened, and so is never too small."""
    screened, unscreened = rng.beta(3, 2, 400), rng.beta(1, 20, 800)
    found = campaigns.recalled([True], mass=mass(screened, unscreened))
    plain, wide = (QuantCi(z).vote(found).value for z in (0.0, 1.0))
    draws = rng.random((4000, 1200)) < np.concatenate((screened, unscreened))
    recall = draws[:, :400].sum(axis=1) / draws.sum(axis=1)
    assert plain == pytest.approx(recall.mean(), abs=0.002)
    assert recall.std() <= plain - wide < 4 * recall.std()


@pytest.mark.parametrize(("screened", "unscreened", "status"), [(1.0, 0.0, Status.STOP), (0.5, 0.5, Status.CONTINUE)])
def test_certainty(screened, unscreened, status):
    found = campaigns.recalled([True], mass=mass(np.full(50, screened), np.full(50, unscreened)))
    assert QuantCi().vote(found).status is status


@pytest.mark.parametrize("known", [None, (0.0, 0.0, 0.0, 0.0)])
def test_without_probabilities_it_cannot_say(known):
    assert QuantCi().vote(campaigns.recalled([True], mass=known)).status is Status.INCONCLUSIVE
