"""Against brute force over the pool; small-text's criterion where there is one."""

import campaigns
import engine
import numpy as np
import pytest
from querist_server.engine.campaign import Campaign
from querist_server.engine.criteria.overall_uncertainty import OverallUncertainty
from querist_server.engine.criterion import Status
from querist_server.engine.situation import Situation
from scipy import stats
from small_text.stopping_criteria import OverallUncertainty as SmallText


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_it_is_the_mean_entropy_of_the_pool(rng, classes):
    chances = rng.dirichlet(np.full(classes, 0.1), 300)
    chosen = engine.select("margin", {"probabilities": chances}, count=3, situation=Situation(campaign=Campaign("a"), labelled=5))
    value = chosen.advice.campaign.latest.uncertainty
    assert value == pytest.approx(np.mean(stats.entropy(chances, axis=1) / np.log(classes)))
    for threshold in (value - 0.01, value + 0.01):
        theirs = SmallText(classes, threshold=threshold).stop(proba=chances, indices_stopping=np.arange(300))
        ours = OverallUncertainty(threshold).vote(campaigns.evidence(uncertainty=[value])).status is Status.STOP
        assert ours == theirs


@pytest.mark.parametrize(("value", "status"), [(0.0, Status.STOP), (0.05, Status.STOP), (0.05 + 1e-9, Status.CONTINUE)])
def test_the_threshold_is_inclusive(value, status):
    assert OverallUncertainty().vote(campaigns.evidence(uncertainty=[0.5, value])).status is status


def test_without_probabilities_it_cannot_say():
    assert OverallUncertainty().vote(campaigns.evidence(uncertainty=[None])).status is Status.INCONCLUSIVE


def test_it_says_whether_probabilities_were_calibrated():
    votes = [OverallUncertainty().vote(campaigns.evidence(uncertainty=[0.1], calibrated=[calibrated])) for calibrated in (False, True)]
    assert "not calibrated" in votes[0].sentence
    assert "not calibrated" not in votes[1].sentence
