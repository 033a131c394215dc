"""By hand, and through k-center on real points."""

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign
from querist_server.engine.criteria.minimum_distance import MinimumDistance
from querist_server.engine.criterion import Status
from querist_server.engine.situation import Situation


@pytest.mark.parametrize(
    ("choices", "gains", "status"),
    [
        (["k_center"], [2.0], Status.INCONCLUSIVE),
        (["k_center"] * 2, [2.0, 0.2], Status.STOP),
        (["k_center"] * 2, [2.0, 0.21], Status.CONTINUE),
        (["k_center", "top", "k_center"], [2.0, None, 0.1], Status.STOP),
        (["k_center", "top"], [2.0, 0.1], Status.INCONCLUSIVE),
        (["k_center"] * 2, [0.0, 0.0], Status.INCONCLUSIVE),
    ],
)
def test_series(choices, gains, status):
    assert MinimumDistance().vote(campaigns.evidence(choice=choices, least_gain=gains)).status is status


def test_it_is_the_distance_of_the_last_that_k_center_takes(rng):
    points = rng.standard_normal((60, 2))
    known = points[:3]
    situation = Situation(campaign=Campaign("a"), labelled=3)
    chosen = engine.select("k_center", {"embeddings": points}, count=5, situation=situation, beside={"labelled.embeddings": known})
    before = np.vstack((known, points[chosen.indices[:-1]]))
    last = np.linalg.norm(before - points[chosen.indices[-1]], axis=1).min()
    assert chosen.advice.campaign.latest.least_gain == pytest.approx(last)
