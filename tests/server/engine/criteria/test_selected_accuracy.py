"""By hand, and against brute force over random batches."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.selected_accuracy import SelectedAccuracy
from querist_server.engine.criterion import Status


@pytest.mark.parametrize(
    ("labelled", "correct", "status", "value"),
    [
        ([None, 20], [None, 18], Status.STOP, 0.9),
        ([None, 20], [None, 17], Status.CONTINUE, 0.85),
        ([None, 5, 5], [None, 4, 5], Status.STOP, 0.9),
        ([None, 5, 5], [None, 4, 4], Status.CONTINUE, 0.8),
        ([20, 1, 9], [0, 1, 9], Status.STOP, 1.0),
        ([20, None, 9], [20, None, 9], Status.INCONCLUSIVE, None),
        ([20, 9], [20, None], Status.INCONCLUSIVE, None),
        ([20, 0], [20, 0], Status.STOP, 1.0),
        ([None], [None], Status.INCONCLUSIVE, None),
    ],
)
def test_it_goes_back_as_far_as_it_must(labelled, correct, status, value):
    vote = SelectedAccuracy().vote(campaigns.evidence(batch_labelled=labelled, batch_correct=correct))
    assert vote.status is status
    assert vote.value == (None if value is None else pytest.approx(value))


def test_brute_force(rng):
    for _ in range(200):
        labelled = rng.integers(0, 8, 12)
        correct = rng.binomial(labelled, 0.8)
        vote = SelectedAccuracy(0.8, 10).vote(campaigns.evidence(batch_labelled=labelled.tolist(), batch_correct=correct.tolist()))
        sums = np.cumsum(labelled[::-1])
        far = int((sums >= 10).argmax())
        share = correct[::-1][: far + 1].sum() / sums[far]
        assert vote.status is (Status.STOP if share >= 0.8 else Status.CONTINUE)
