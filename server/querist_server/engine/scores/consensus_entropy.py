"""Consensus entropy: how unsure the members are together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class ConsensusEntropy(Score):
    """Entropy of the members' weighted mean prediction, in nats."""

    name: ClassVar[str] = "consensus_entropy"
    summary: ClassVar[str] = "How unsure the committee is as one, whether its members agree or not."
    formula: ClassVar[str] = "H(sum_k w_k p_k); normalized: divided by log C"
    reference: ClassVar[str] = "Settles, Active Learning Literature Survey, 2009 (soft vote entropy)"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    cost: ClassVar[str] = "K N C"

    normalized: bool = parameter(False, doc="Divide by log C, to the range 0 to 1.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the entropy of the consensus, scaled if asked."""
        nats = uncertainty.entropy(block.consensus).astype(float)
        return nats / np.log(context.classes) if self.normalized else nats
