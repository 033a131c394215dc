"""Margin: how close the two most likely classes are by their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Margin(Score):
    """One minus the difference of the two largest probabilities; also called best versus second best, or breaking ties."""

    name: ClassVar[str] = "margin"
    summary: ClassVar[str] = "How close the two most likely classes are; the strongest plain score in most independent benchmarks."
    formula: ClassVar[str] = "1 - (p(1) - p(2))"
    reference: ClassVar[str] = "Scheffer, Decomain and Wrobel, IDA 2001"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"
    ranks_alike_for_two_classes: ClassVar[bool] = True

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return 1 - (p(1) - p(2))."""
        first, second = block.top_two
        return 1 - (first - second).astype(float)
