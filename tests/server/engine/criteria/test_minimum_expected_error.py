"""Against brute force over the pool."""

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign
from querist_server.engine.criteria.minimum_expected_error import MinimumExpectedError
from querist_server.engine.criterion import Status
from querist_server.engine.situation import Situation


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_it_is_the_mean_of_what_the_predicted_class_lacks(rng, classes):
    chances = rng.dirichlet(np.full(classes, 0.1), 300)
    chosen = engine.select("margin", {"probabilities": chances}, count=3, situation=Situation(campaign=Campaign("a"), labelled=5))
    now = chosen.advice.campaign.latest
    assert now.expected_error == pytest.approx(np.mean(1 - chances.max(axis=1)))
    assert now.expected_error_deviation == pytest.approx(chances.max(axis=1).std(ddof=1) / np.sqrt(300))


@pytest.mark.parametrize(("value", "status"), [(0.0, Status.STOP), (0.01, Status.STOP), (0.01 + 1e-9, Status.CONTINUE)])
def test_the_threshold_is_inclusive(value, status):
    assert MinimumExpectedError().vote(campaigns.evidence(expected_error=[0.5, value])).status is status


def test_without_probabilities_it_cannot_say():
    assert MinimumExpectedError().vote(campaigns.evidence(expected_error=[None])).status is Status.INCONCLUSIVE


def test_it_says_whether_probabilities_were_calibrated():
    votes = [MinimumExpectedError().vote(campaigns.evidence(expected_error=[0.1], calibrated=[calibrated])) for calibrated in (False, True)]
    assert "not calibrated" in votes[0].sentence
    assert "not calibrated" not in votes[1].sentence
