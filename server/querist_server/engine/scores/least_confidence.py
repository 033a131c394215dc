"""Least confidence: how far the most likely class is from certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class LeastConfidence(Score):
    """One minus the largest probability."""

    name: ClassVar[str] = "least_confidence"
    summary: ClassVar[str] = "How far the most likely class is from certain."
    formula: ClassVar[str] = "1 - p(1); normalized: times C / (C - 1)"
    reference: ClassVar[str] = "Lewis and Gale, SIGIR 1994"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"
    ranks_alike_for_two_classes: ClassVar[bool] = True

    normalized: bool = parameter(False, doc="Scale to the range 0 to 1.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return 1 - p(1), scaled if asked."""
        distance = 1 - block.largest.astype(float)
        return distance * (context.classes / (context.classes - 1)) if self.normalized else distance
