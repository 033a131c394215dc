"""How much the label is expected to change a regression model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import vectors
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Emcm(Score):
    """Expected model change maximisation: how far a bootstrap committee's values are from the model's own, times the embedding's length."""

    name: ClassVar[str] = "emcm"
    summary: ClassVar[str] = "For regression: how much the label is expected to change a linear model, by a bootstrap committee."
    formula: ClassVar[str] = "sum_k w_k |f_k - f| |(x, 1)|"
    reference: ClassVar[str] = "Cai, Zhang and Zhou, ICDM 2013"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_VALUES, Need.PREDICTED_VALUES})
    cost: ClassVar[str] = "N K"

    normalized: bool = parameter(True, doc="Scale each embedding to length 1, so that embeddings are not needed.")

    def required(self) -> frozenset[Need]:
        """Return the predictions, and the embeddings if their length counts."""
        return self.needs if self.normalized else self.needs | {Need.EMBEDDINGS}

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the expected changes."""
        own = sent(block.predicted_values).astype(np.float64)
        total = np.zeros(block.length)
        for weight, value in zip(context.weights, sent(block.member_values).astype(np.float64), strict=True):
            total += weight * np.abs(value - own)
        return total * np.sqrt(vectors.squared_with_constant(None if self.normalized else block.embeddings))
