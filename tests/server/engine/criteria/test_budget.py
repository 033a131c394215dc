"""What is spent, by hand."""

import dataclasses

import campaigns
import pytest
from querist_server.engine.criteria.budget import Budget
from querist_server.engine.criterion import Status
from querist_server.engine.errors import EngineError


@pytest.mark.parametrize(
    ("criterion", "cost", "price", "status"),
    [
        (Budget(), None, None, Status.INCONCLUSIVE),
        (Budget(labels=21), None, None, Status.CONTINUE),
        (Budget(labels=20), None, None, Status.STOP),
        (Budget(amount=10), 9.0, None, Status.CONTINUE),
        (Budget(amount=10), 9.0, 1.0, Status.CONTINUE),
        (Budget(amount=10), 9.0, 1.5, Status.STOP),
        (Budget(amount=10), 10.0, None, Status.STOP),
        (Budget(amount=10), None, 1.0, Status.INCONCLUSIVE),
        (Budget(amount=10, labels=20), None, 1.0, Status.STOP),
        (Budget(amount=10, labels=21), None, 1.0, Status.INCONCLUSIVE),
        (Budget(amount=10, labels=21), 10.0, 1.0, Status.STOP),
    ],
)
def test_money_and_labels(criterion, cost, price, status):
    found = dataclasses.replace(campaigns.evidence(cost=[1.0, cost]), label_cost=price)
    assert criterion.vote(found).status is status


@pytest.mark.parametrize("wrong", [{"amount": 0.0}, {"amount": float("nan")}, {"labels": 0}])
def test_no_budget_of_nothing(wrong):
    with pytest.raises(EngineError, match="of budget is"):
        Budget(**wrong)
