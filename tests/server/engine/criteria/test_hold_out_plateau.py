"""By hand, and against brute force on series that need not fall."""

import campaigns
import numpy as np
import pytest
from querist_server.engine.criteria.hold_out_plateau import HoldOutPlateau
from querist_server.engine.criterion import Status


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ([0.3, 0.2, 0.1], Status.INCONCLUSIVE),
        ([0.3, 0.2, 0.1, 0.1], Status.CONTINUE),
        ([0.1, 0.1, 0.1, 0.1], Status.STOP),
        ([0.1, 0.3, 0.2, 0.15], Status.STOP),
        ([0.1, 0.3, 0.2, 0.05], Status.CONTINUE),
        ([0.1, None, 0.1, 0.1, 0.1], Status.STOP),
        ([0.1, 0.1, 0.1, 0.1, None], Status.INCONCLUSIVE),
        ([None], Status.INCONCLUSIVE),
    ],
)
def test_series(errors, status):
    assert HoldOutPlateau().vote(campaigns.evidence(error=errors)).status is status


def test_brute_force(rng):
    for _ in range(200):
        errors = rng.random(9)
        vote = HoldOutPlateau(0.05, 4).vote(campaigns.evidence(error=errors.tolist()))
        better = [error for error in errors[5:] if error < errors[:5].min() - 0.05]
        assert (vote.status is Status.CONTINUE) == bool(better)
        assert vote.value == pytest.approx(np.min(errors[:5]) - np.min(errors[5:]))
