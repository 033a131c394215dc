"""How unlikely a sequence's most likely labels are together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import ragged
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class SequenceConfidence(Score):
    """How unlikely a sequence's most likely labels are together."""

    name: ClassVar[str] = "sequence_confidence"
    summary: ClassVar[str] = "How unlikely a sequence's most likely labels are together; grows with its length."
    formula: ClassVar[str] = "1 - prod_t p_t(1)"
    reference: ClassVar[str] = "Culotta and McCallum, AAAI 2005"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PARTS})
    cost: ClassVar[str] = "T C"

    def required_of_parts(self) -> frozenset[Need]:
        """Return that parts must have class probabilities."""
        return frozenset({Need.PROBABILITIES})

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return one minus the product of the largest probabilities."""
        parts = sent(block.parts)
        if not parts.block.length:
            return np.zeros(block.length)
        return -np.expm1(ragged.total(np.log(parts.block.largest.astype(np.float64)), parts.counts))
