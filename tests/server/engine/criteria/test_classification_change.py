"""Against small-text's criterion, round by round."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.classification_change import ClassificationChange
from querist_server.engine.criterion import Status
from small_text.stopping_criteria import ClassificationChange as SmallText


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("threshold", [0.0, 0.02, 0.2])
def test_it_stops_where_small_text_does(rng, classes, threshold):
    predictions = campaigns.drifting(rng, 200, classes, 12)
    predictions += [predictions[-1]] * 2
    oracle = SmallText(classes, threshold=threshold)
    theirs = [oracle.stop(predictions=predicted) for predicted in predictions]
    votes = [
        advice.votes["classification_change"]
        for advice in campaigns.followed(predictions, classes, criteria={"classification_change": ClassificationChange(threshold)})
    ]
    assert votes[0].status is Status.INCONCLUSIVE
    assert [vote.status is Status.STOP for vote in votes[1:]] == theirs[1:]
    assert theirs[-1]
    for before, after, vote in zip(predictions, predictions[1:], votes[1:], strict=False):
        assert vote.value == np.mean(before != after)


def test_identical_rounds_stop():
    assert ClassificationChange(0.0).vote(campaigns.evidence(changed=[None, 0.0], compared=[0, 50])).status is Status.STOP


def test_an_empty_stop_set_cannot_say():
    found = campaigns.followed([np.empty(0, np.int64)] * 4, 2)
    assert {advice.votes["classification_change"].status for advice in found} == {Status.INCONCLUSIVE}


def test_aggressiveness_moves_the_threshold_tenfold():
    plain = ClassificationChange()
    assert [plain.moved(knob).most_changed for knob in (0.0, 0.5, 1.0)] == pytest.approx([0.0002, 0.002, 0.02])
