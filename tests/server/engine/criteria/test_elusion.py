"""Against the binomial tail that defines the bound, and a simulation of the promise."""

import campaigns
import pytest
from querist_server.engine.criteria.elusion import Elusion
from querist_server.engine.criterion import Status
from scipy import optimize, stats


@pytest.mark.parametrize(("size", "relevant"), [(50, 0), (50, 3), (200, 10)])
def test_the_bound_is_clopper_and_pearsons(size, relevant):
    share = optimize.brentq(lambda share: stats.binom.cdf(relevant, size, share) - 0.05, 1e-9, 1 - 1e-9)
    vote = Elusion().vote(campaigns.recalled([True] * 300, 1000, elusion=(size, relevant)))
    assert vote.value == pytest.approx(300 / (300 + 1000 * share), rel=1e-6)


def test_the_promise_holds(rng):
    kept = 0
    for _ in range(1000):
        missed = rng.random(1000) < 0.04
        sample = rng.choice(1000, 150, replace=False)
        vote = Elusion().vote(campaigns.recalled([True] * 300, 1000, elusion=(150, int(missed[sample].sum()))))
        kept += vote.value <= 300 / (300 + missed.sum())
    assert kept >= 940


@pytest.mark.parametrize(
    ("relevant", "elusion", "status"),
    [
        ([True] * 300, (500, 0), Status.STOP),
        ([True] * 300, (20, 0), Status.CONTINUE),
        ([True] * 300, (5, 5), Status.CONTINUE),
        ([False] * 10, (500, 0), Status.CONTINUE),
        ([True], None, Status.INCONCLUSIVE),
    ],
)
def test_series(relevant, elusion, status):
    assert Elusion().vote(campaigns.recalled(relevant, 1000, elusion=elusion)).status is status
