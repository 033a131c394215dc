"""Entropy: how much is left to learn about the label, over all classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Entropy(Score):
    """Shannon entropy of the row, in nats."""

    name: ClassVar[str] = "entropy"
    summary: ClassVar[str] = "How much is left to learn about the label, over all classes."
    formula: ClassVar[str] = "-sum p log p; normalized: divided by log C"
    reference: ClassVar[str] = "Shannon 1948; Settles and Craven, EMNLP 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"
    ranks_alike_for_two_classes: ClassVar[bool] = True

    normalized: bool = parameter(False, doc="Divide by log C, to the range 0 to 1.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the entropy of each row, scaled if asked."""
        nats = uncertainty.entropy(block.probabilities).astype(float)
        return nats / np.log(context.classes) if self.normalized else nats
