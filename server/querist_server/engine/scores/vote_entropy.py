"""Vote entropy: how the members' votes spread over the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class VoteEntropy(Score):
    """Entropy of the weighted vote shares, in nats."""

    name: ClassVar[str] = "vote_entropy"
    summary: ClassVar[str] = "How the committee's votes spread over the classes."
    formula: ClassVar[str] = "-sum v log v; normalized: divided by log min(K, C)"
    reference: ClassVar[str] = "Dagan and Engelson, ICML 1995"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE})
    cost: ClassVar[str] = "K N C"

    normalized: bool = parameter(False, doc="Divide by log min(K, C), to the range 0 to 1.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the entropy of the vote shares, scaled if asked."""
        nats = uncertainty.entropy(block.cast_votes.shares)
        most = min(len(context.weights), context.classes)
        return nats / np.log(most) if self.normalized and most > 1 else nats
