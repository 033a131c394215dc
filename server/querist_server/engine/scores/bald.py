"""BALD: what the members disagree about, beyond what they are unsure of alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import committee, uncertainty
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Bald(Score):
    """Mutual information between label and member; equal to the mean Kullback-Leibler divergence from the consensus."""

    name: ClassVar[str] = "bald"
    summary: ClassVar[str] = "What the members disagree about, beyond what they are unsure of alike."
    formula: ClassVar[str] = "H(sum_k w_k p_k) - sum_k w_k H(p_k) = sum_k w_k KL(p_k || mean)"
    reference: ClassVar[str] = "McCallum and Nigam, ICML 1998; Houlsby et al., 2011"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    cost: ClassVar[str] = "K N C"

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the mutual information, which rounding must not push below 0."""
        together = uncertainty.entropy(block.consensus)
        apart = committee.mean_entropy(block.required_members, context.weights)
        return np.maximum(together - apart, 0.0)
