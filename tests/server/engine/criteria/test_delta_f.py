"""Against small-text's criterion for two classes, and brute force for more."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.delta_f import DeltaF
from querist_server.engine.criterion import Status
from sklearn.metrics import f1_score
from small_text.stopping_criteria import DeltaFScore


@pytest.mark.parametrize("threshold", [0.02, 0.05, 0.3])
def test_two_classes_are_small_texts(rng, threshold):
    predictions = campaigns.drifting(rng, 300, 2, 14)
    oracle = DeltaFScore(2, threshold=threshold)
    theirs = [oracle.stop(predictions=predicted) for predicted in predictions]
    found = campaigns.followed(predictions, 2, criteria={"delta_f": DeltaF(threshold)})
    assert [advice.votes["delta_f"].status is Status.STOP for advice in found] == theirs
    assert any(theirs)


def test_more_classes_go_by_the_one_that_moved_most(rng):
    """1 - 2a / (2a + b + c) is one minus the F1 score of the one model's predictions against the other's."""
    predictions = campaigns.drifting(rng, 300, 5, 8)
    for before, after, advice in zip(predictions, predictions[1:], campaigns.followed(predictions, 5)[1:], strict=False):
        scores = f1_score(before, after, average=None, labels=np.union1d(before, after))
        assert advice.votes["delta_f"].value == pytest.approx(1 - scores.min())


def test_a_class_that_nobody_predicts_cannot_say():
    found = campaigns.followed([np.zeros(40, np.int64)] * 5, 2)
    assert {advice.votes["delta_f"].status for advice in found} == {Status.INCONCLUSIVE}
