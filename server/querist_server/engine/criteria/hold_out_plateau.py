"""Whether the measured error still falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class HoldOutPlateau(Criterion):
    """How much lower the error of the last rounds is than the lowest before."""

    name: ClassVar[str] = "hold_out_plateau"
    summary: ClassVar[str] = "Stops once the measured error has not fallen for some rounds."
    formula: ClassVar[str] = "lowest error before the last `rounds` rounds - lowest error in them <= least_fall"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ERROR_ESTIMATE})
    evidence: ClassVar[Field] = Field.STABILITY

    least_fall: float = parameter(0.002, doc="A fall of the error that counts.", minimum=0, maximum=1)
    rounds: int = parameter(3, doc="How many rounds without one.", minimum=1, maximum=100)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        errors = evidence.campaign.series(lambda each: each.error)
        known = errors[~np.isnan(errors)]
        if np.isnan(errors[-1]) or len(known) <= self.rounds:
            return inconclusive(f"it takes the errors of {self.rounds + 1} rounds")
        fall = float(known[: -self.rounds].min() - known[-self.rounds :].min())
        return at_most(fall, self.least_fall, f"the error fell by {max(fall, 0):.2%} in the last {self.rounds} rounds")
