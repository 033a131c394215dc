"""Instances that annotators most likely could not label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.part import Guard, Need, Suspects, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Unlabelable(Guard):
    """Goes by the caller's probability that nobody could label an instance."""

    name: ClassVar[str] = "unlabelable"
    summary: ClassVar[str] = "Puts instances aside that annotators most likely could not label."
    formula: ClassVar[str] = "unlabelable >= threshold"
    reference: ClassVar[str] = "Kaeding et al., CVPR 2015"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.UNLABELABLE})

    threshold: float = parameter(0.5, doc="Lowest probability that is put aside.", minimum=0.0, maximum=1.0)

    def row_suspects(self, block: Block, context: Context) -> list[Suspects]:  # noqa: ARG002 - the same signature for every guard
        """Return the rows at or above the threshold."""
        chances = sent(block.unlabelable).astype(np.float64)
        positions = np.flatnonzero(chances >= self.threshold)
        return [Suspects("UNLABELABLE", positions, chances[positions])]
