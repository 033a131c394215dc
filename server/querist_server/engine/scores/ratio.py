"""Ratio: how close the two most likely classes are by their quotient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Ratio(Score):
    """The second largest probability divided by the largest."""

    name: ClassVar[str] = "ratio"
    summary: ClassVar[str] = "How close the two most likely classes are, in proportion."
    formula: ClassVar[str] = "p(2) / p(1)"
    reference: ClassVar[str] = "Settles, Active Learning Literature Survey, 2009"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"
    ranks_alike_for_two_classes: ClassVar[bool] = True

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return p(2) / p(1)."""
        first, second = block.top_two
        return second.astype(float) / first
