"""Expected F1 by brute force; golden votes by hand on series that rise, rest and fall."""

import itertools

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign
from querist_server.engine.criteria.performance_convergence import PerformanceConvergence
from querist_server.engine.criterion import Status
from querist_server.engine.situation import Situation


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_expected_f_is_that_of_the_definition(rng, classes):
    chances = rng.dirichlet(np.full(classes, 0.3), 200)
    chosen = engine.select("margin", {"probabilities": chances}, count=3, situation=Situation(campaign=Campaign("a"), labelled=5))
    predicted, scores = chances.argmax(axis=1), []
    for each in range(classes):
        mine = predicted == each
        hits, wrong, missed = chances[mine, each].sum(), (1 - chances[mine, each]).sum(), chances[~mine, each].sum()
        scores.append(2 * hits / (2 * hits + wrong + missed))
    assert chosen.advice.campaign.latest.expected_f == pytest.approx(np.mean(scores))


@pytest.mark.parametrize(
    ("series", "status"),
    [
        ([0.5] * 11, Status.STOP),
        ([0.5] * 10, Status.INCONCLUSIVE),
        (np.linspace(0.1, 0.9, 20).tolist(), Status.CONTINUE),
        ([*np.linspace(0.1, 0.9, 20).tolist(), *[0.9] * 11], Status.STOP),
        ([*[0.9] * 11, *np.linspace(0.9, 0.5, 11).tolist()], Status.CONTINUE),
        ([*[0.5] * 10, None], Status.INCONCLUSIVE),
    ],
)
def test_series(series, status):
    assert PerformanceConvergence().vote(campaigns.evidence(expected_f=series)).status is status


def test_a_window_of_two(rng):
    series = rng.random(12).tolist()
    vote = PerformanceConvergence(1.0, 2).vote(campaigns.evidence(expected_f=series))
    means = [(one + other) / 2 for one, other in itertools.pairwise(series)]
    assert vote.value == pytest.approx(means[-1] - means[-2])
    assert (vote.status is Status.STOP) == (means[-1] >= max(means) and vote.value >= 0)
