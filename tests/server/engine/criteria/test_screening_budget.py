"""By hand."""

import campaigns
import pytest
from querist_server.engine.criteria.screening_budget import ScreeningBudget
from querist_server.engine.criterion import Status


@pytest.mark.parametrize(
    ("relevant", "unscreened", "status"),
    [
        ([True] * 50 + [False] * 100, 400, Status.STOP),  # a bend of 100, and 10 x 550 / 50 = 110 screened are needed
        ([True] * 50 + [False] * 100, 10_000, Status.CONTINUE),  # 10 x 10,150 / 50 = 2,030 screened are needed
        ([True, False] * 40, 300, Status.CONTINUE),  # no bend
        ([True, False] * 40, 26, Status.STOP),  # 80 of 106
        ([True], 5, Status.INCONCLUSIVE),
        ([True, False], None, Status.INCONCLUSIVE),
    ],
)
def test_series(relevant, unscreened, status):
    assert ScreeningBudget().vote(campaigns.recalled(relevant, unscreened)).status is status
