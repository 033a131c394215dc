"""Uncertainty and unusual numbers of labels together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import labels
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Adaptive(Score):
    """A weighted geometric mean of label uncertainty and label cardinality inconsistency."""

    name: ClassVar[str] = "adaptive"
    summary: ClassVar[str] = "Combines how open the labels of a multi-label instance are with how unusual their number is."
    formula: ClassVar[str] = "mean_l(1 - |2 p_l - 1|)^beta x label_cardinality^(1 - beta)"
    reference: ClassVar[str] = "Li and Guo, IJCAI 2013"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES, Need.LABELLED_SETS})
    cost: ClassVar[str] = "N L"

    beta: float = parameter(0.5, doc="Share of uncertainty.", minimum=0.0, maximum=1.0)

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the geometric mean; 0 to the power of 0 counts as 1."""
        probabilities = sent(block.label_probabilities)
        uncertainty = 1 - labels.margins(probabilities).sum(axis=1) / probabilities.shape[1]
        gap = labels.cardinality_gap(probabilities, sent(context.side.labelled_sets))
        return np.maximum(uncertainty, 0.0) ** self.beta * gap ** (1 - self.beta)
