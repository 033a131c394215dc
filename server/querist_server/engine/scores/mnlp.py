"""Length-normalised surprise of a sequence's most likely labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import ragged
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Mnlp(Score):
    """Length-normalised surprise of a sequence's most likely labels."""

    name: ClassVar[str] = "mnlp"
    summary: ClassVar[str] = "How surprising a sequence's most likely labels are, whatever its length."
    formula: ClassVar[str] = "-(1 / T) sum_t log p_t(1)"
    reference: ClassVar[str] = "Shen et al., ICLR 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PARTS})
    cost: ClassVar[str] = "T C"

    def required_of_parts(self) -> frozenset[Need]:
        """Return that parts must have class probabilities."""
        return frozenset({Need.PROBABILITIES})

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return minus the mean logarithm of the largest probabilities."""
        parts = sent(block.parts)
        if not parts.block.length:
            return np.zeros(block.length)
        return ragged.mean(-np.log(parts.block.largest.astype(np.float64)), parts.counts)
