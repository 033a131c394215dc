"""The rule by hand; that dear errors never stop a campaign earlier is in test_economics.py."""

import dataclasses

import campaigns
import pytest
from querist_server.engine.criteria.net_value import NetValue
from querist_server.engine.criterion import Outlook, Status


@pytest.mark.parametrize(
    ("mean", "past", "status"),
    [(-1.0, 0.5, Status.STOP), (0.0, 1.0, Status.STOP), (0.1, 1.0, Status.CONTINUE), (-1.0, 0.49, Status.CONTINUE)],
)
def test_both_must_hold(mean, past, status):
    found = dataclasses.replace(campaigns.evidence(error=[0.1]), outlook=Outlook((mean, mean - 1, mean + 1), past))
    assert NetValue().vote(found).status is status


def test_without_prices_it_cannot_say():
    assert NetValue().vote(campaigns.evidence(error=[0.1])).status is Status.INCONCLUSIVE


def test_aggressiveness_moves_the_probability():
    assert [NetValue().moved(knob).probability for knob in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx([0.8, 0.65, 0.5, 0.35, 0.2])
