"""Gini impurity: the Brier loss that the model itself expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Gini(Score):
    """One minus the sum of squared probabilities."""

    name: ClassVar[str] = "gini"
    summary: ClassVar[str] = "The Brier loss that the model itself expects."
    formula: ClassVar[str] = "1 - sum p^2"
    reference: ClassVar[str] = "Gini 1912; Brier 1950"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"
    ranks_alike_for_two_classes: ClassVar[bool] = True

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return 1 - sum p^2."""
        return uncertainty.gini(block.probabilities).astype(float)
