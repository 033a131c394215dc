"""By hand."""

import campaigns
import pytest
from querist_server.engine.criteria.diminishing_gain import DiminishingGain
from querist_server.engine.criterion import Status


@pytest.mark.parametrize(
    ("choices", "gains", "status"),
    [
        (["facility_location"], [4.0], Status.INCONCLUSIVE),
        (["facility_location"] * 3, [2.0, 4.0, 0.2], Status.STOP),
        (["facility_location"] * 3, [2.0, 4.0, 0.21], Status.CONTINUE),
        (["facility_location", "mmr", "mmr"], [100.0, 1.0, 0.5], Status.CONTINUE),
        (["facility_location", "mmr"], [100.0, 1.0], Status.INCONCLUSIVE),
        (["top", "top"], [None, None], Status.INCONCLUSIVE),
        (["mmr", "mmr"], [0.0, 0.0], Status.INCONCLUSIVE),
    ],
)
def test_series(choices, gains, status):
    assert DiminishingGain().vote(campaigns.evidence(choice=choices, mean_gain=gains)).status is status
