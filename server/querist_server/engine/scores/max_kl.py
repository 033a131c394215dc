"""Maximum divergence: how far the most dissenting member is from the consensus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import committee
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class MaxKl(Score):
    """The largest Kullback-Leibler divergence of a member from the consensus, in nats."""

    name: ClassVar[str] = "max_kl"
    summary: ClassVar[str] = "How far the most dissenting member is from the consensus."
    formula: ClassVar[str] = "max_k KL(p_k || mean)"
    reference: ClassVar[str] = "Kullback and Leibler 1951; Settles 2009"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    cost: ClassVar[str] = "K N C"

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the largest divergence, which rounding must not push below 0."""
        return np.maximum(committee.largest_divergence(block.required_members, context.weights, block.consensus), 0.0)
