"""Whether further labels are worth what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Status, Vote, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class NetValue(Criterion):
    """The price of the next labels against that of the errors that they save, by learning curves."""

    name: ClassVar[str] = "net_value"
    summary: ClassVar[str] = "Stops once the next batch costs more than it saves, and no larger number of labels is likely to pay."
    formula: ClassVar[str] = "E[V (error(n) - error(n + b))] <= cost of b labels, and P(no further label pays) >= probability"
    reference: ClassVar[str] = "error curves: Mohr and van Rijn, arXiv 2201.12150; look-ahead: Mahmood et al., CVPR 2022"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ERROR_ESTIMATE, Need.ECONOMICS})
    evidence: ClassVar[Field] = Field.MONEY

    probability: float = parameter(0.5, doc="How likely it must be that no further label pays.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        outlook = evidence.outlook
        if outlook is None:
            return inconclusive("it takes the errors of 4 rounds, the price of a label and of an error, and the number of predictions")
        stop = outlook.net_value[0] <= 0 and outlook.past_optimum >= self.probability
        sentence = (
            f"no further label pays with probability {outlook.past_optimum:.2f}; the next batch is worth {outlook.net_value[0]:.4g} net"
        )
        return Vote(Status.STOP if stop else Status.CONTINUE, sentence, outlook.past_optimum, self.probability)

    def moved(self, aggressiveness: float) -> NetValue:
        """Return the rule with a probability that is higher by 0.3 at aggressiveness 0, and lower by as much at 1."""
        return replace(self, probability=float(np.clip(self.probability + 0.6 * (0.5 - aggressiveness), 0.0, 1.0)))
