"""How plausible both of two classes are, or how implausible."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from querist_server.engine.kernels import possibility
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, Side
from querist_server.engine.scores import _counts
from querist_server.engine.scores._parzen import bandwidth_parameter, settled_bandwidth


@dataclass(frozen=True)
class Possibilistic(Score):
    """Epistemic and aleatoric uncertainty of a binary label, told apart by the likelihood of counts."""

    name: ClassVar[str] = "possibilistic"
    summary: ClassVar[str] = "For two classes: whether too little is known (both are plausible) or the labels disagree (neither is)."
    formula: ClassVar[str] = "min(pi(0), pi(1)) or 1 - max(pi(0), pi(1)), pi(1) = max_t min(L(t), 2t - 1)"
    reference: ClassVar[str] = "Senge et al., Information Sciences 2014; Nguyen, Destercke and Huellermeier, DS 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.TWO_CLASSES})
    cost: ClassVar[str] = "60 N, and N D for each labelled instance if the counts are found here"

    uncertainty: Literal["EPISTEMIC", "ALEATORIC"] = parameter("EPISTEMIC", doc="Which is measured.")
    counts: Literal["EVIDENCE", "PARZEN"] = parameter("PARZEN", doc="Where the counts come from.")
    bandwidth: float | None = bandwidth_parameter()

    def required(self) -> frozenset[Need]:
        """Return that there must be two classes, and what the counts need."""
        return self.needs | _counts.required(self.counts)

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell whether the counts are found here."""
        return self.counts == "PARZEN"

    def settled(self, side: Side, classes: int) -> Possibilistic:  # noqa: ARG002 - checked before
        """Return the score with its bandwidth, if it has one."""
        if self.counts == "EVIDENCE":
            return self
        return dataclasses.replace(self, bandwidth=settled_bandwidth(self.bandwidth, side, self.name))

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the uncertainty of each row."""
        negative, positive = _counts.counted(self.counts, self.bandwidth, block, context).T
        for_positive, for_negative = possibility.of_positive(negative, positive), possibility.of_positive(positive, negative)
        if self.uncertainty == "EPISTEMIC":
            return np.minimum(for_positive, for_negative)
        return 1 - np.maximum(for_positive, for_negative)
