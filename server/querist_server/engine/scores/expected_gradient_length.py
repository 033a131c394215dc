"""How much the label is expected to change the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import vectors
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class ExpectedGradientLength(Score):
    """The expected length of the gradient of a softmax layer, over the classes that the label may turn out to be."""

    name: ClassVar[str] = "expected_gradient_length"
    summary: ClassVar[str] = "How much the label is expected to change the last layer."
    formula: ClassVar[str] = "sum_y p_y |p - e_y| |(x, 1)|"
    reference: ClassVar[str] = "Settles, Craven and Ray, NIPS 2007"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"

    normalized: bool = parameter(True, doc="Scale each embedding to length 1, so that embeddings are not needed.")

    def required(self) -> frozenset[Need]:
        """Return the predictions, and the embeddings if their length counts."""
        return self.needs if self.normalized else self.needs | {Need.EMBEDDINGS}

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the expected lengths."""
        probabilities = block.probabilities.astype(np.float64)
        squares = (probabilities * probabilities).sum(axis=1)
        total = np.zeros(block.length)
        for column in probabilities.T:
            total += column * np.sqrt(np.maximum(squares - 2 * column + 1, 0.0))
        return total * np.sqrt(vectors.squared_with_constant(None if self.normalized else block.embeddings))
