"""How far F1 can have moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Status, Vote, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class DeltaF(Criterion):
    """The change of the F1 score that the changed predictions allow."""

    name: ClassVar[str] = "delta_f"
    summary: ClassVar[str] = "Stops once the F1 score can hardly have moved for some rounds."
    formula: ClassVar[str] = "1 - 2a / (2a + b + c) <= most for `rounds` rounds; a, b, c: given the class by both, one or the other model"
    reference: ClassVar[str] = "Altschuler and Bloodgood, IEEE ICSC 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.STOP_SET})
    evidence: ClassVar[Field] = Field.SUPPORT

    most: float = parameter(0.05, doc="The largest change.", minimum=0, maximum=1)
    rounds: int = parameter(3, doc="How many rounds in a row.", minimum=1, maximum=100)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        found = evidence.campaign.series(lambda each: each.delta_f)[-self.rounds :]
        if not len(found) or np.isnan(found[-1]):
            return inconclusive("it takes a stop set over two rounds in which the class is predicted")
        small = len(found) == self.rounds and bool((found <= self.most).all())
        sentence = f"F1 moved by at most {found[-1]:.3f} since the last round"
        return Vote(Status.STOP if small else Status.CONTINUE, sentence, float(found[-1]), self.most)
