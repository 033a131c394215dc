"""Probability deviation: how far the members' probabilities spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import committee
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class ProbabilityStd(Score):
    """Mean over classes of the weighted standard deviation of the members' probabilities."""

    name: ClassVar[str] = "probability_std"
    summary: ClassVar[str] = "How far the members' probabilities spread, over all classes."
    formula: ClassVar[str] = "mean_c sqrt(sum_k w_k (p_kc - mean_c)^2)"
    reference: ClassVar[str] = "Kampffmeyer, Salberg and Jenssen, CVPRW 2016"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_PROBABILITIES})
    cost: ClassVar[str] = "K N C"

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the mean standard deviation."""
        return committee.mean_deviation(block.required_members, context.weights, block.consensus)
