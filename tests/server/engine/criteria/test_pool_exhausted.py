"""What is left, by hand, and in a selection."""

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign
from querist_server.engine.criteria.pool_exhausted import PoolExhausted
from querist_server.engine.criterion import Status
from querist_server.engine.situation import Situation


@pytest.mark.parametrize(
    ("unlabelled", "selected", "left", "status"),
    [
        (None, None, 0, Status.INCONCLUSIVE),
        (5, None, 0, Status.CONTINUE),
        (0, None, 0, Status.STOP),
        (5, 5, 0, Status.STOP),
        (5, 4, 0, Status.CONTINUE),
        (5, 4, 1, Status.STOP),
    ],
)
def test_what_is_left(unlabelled, selected, left, status):
    assert PoolExhausted(left).vote(campaigns.evidence(unlabelled=[unlabelled], selected=[selected])).status is status


@pytest.mark.parametrize(("count", "verdict"), [(7, "INCONCLUSIVE"), (8, "STOP")])
def test_the_last_batch_ends_a_campaign_even_in_the_first_round(rng, count, verdict):
    columns = {"probabilities": rng.dirichlet(np.ones(3), 10)}
    situation = Situation(campaign=Campaign("a"), labelled=2)
    chosen = engine.select("margin", columns, count=count, exclude_indices=np.array([0, 1]), situation=situation)
    assert chosen.advice.verdict == verdict
    assert chosen.advice.campaign.latest.unlabelled == 8


def test_a_ranking_of_everything_is_no_batch(rng):
    columns = {"probabilities": rng.dirichlet(np.ones(3), 10)}
    assert engine.select("margin", columns, situation=Situation(campaign=Campaign("a"), labelled=2)).advice.verdict == "INCONCLUSIVE"
