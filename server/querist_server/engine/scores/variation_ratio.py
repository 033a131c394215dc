"""Variation ratio: the share of votes that are not for the winner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class VariationRatio(Score):
    """One minus the winner's weighted share of the votes."""

    name: ClassVar[str] = "variation_ratio"
    summary: ClassVar[str] = "The share of the committee's votes that are not for the winner."
    formula: ClassVar[str] = "1 - max_c v_c"
    reference: ClassVar[str] = "Freeman 1965; Beluch et al., CVPR 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE})
    cost: ClassVar[str] = "K N C"

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return 1 - max v."""
        return 1 - block.cast_votes.shares.max(axis=1)
