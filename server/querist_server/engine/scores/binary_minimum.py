"""The most open label of a multi-label instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import labels
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class BinaryMinimum(Score):
    """One minus the smallest margin of any label."""

    name: ClassVar[str] = "binary_minimum"
    summary: ClassVar[str] = "How open the most open label of a multi-label instance is."
    formula: ClassVar[str] = "1 - min_l |2 p_l - 1|"
    reference: ClassVar[str] = "Brinker 2006"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES})
    cost: ClassVar[str] = "N L"

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return one minus the smallest margin."""
        return 1 - labels.margins(sent(block.label_probabilities)).min(axis=1)
