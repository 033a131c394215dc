"""How much the predicted label would change the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import vectors
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class GradientNorm(Score):
    """The length of the gradient of a softmax layer under the predicted class."""

    name: ClassVar[str] = "gradient_norm"
    summary: ClassVar[str] = "How much the predicted label would change the last layer."
    formula: ClassVar[str] = "|p - e_predicted| |(x, 1)|"
    reference: ClassVar[str] = "Ash et al., ICLR 2020"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"

    normalized: bool = parameter(True, doc="Scale each embedding to length 1, so that embeddings are not needed.")

    def required(self) -> frozenset[Need]:
        """Return the predictions, and the embeddings if their length counts."""
        return self.needs if self.normalized else self.needs | {Need.EMBEDDINGS}

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the lengths."""
        probabilities = block.probabilities.astype(np.float64)
        squares = (probabilities * probabilities).sum(axis=1) - 2 * probabilities.max(axis=1) + 1
        return np.sqrt(np.maximum(squares, 0.0) * vectors.squared_with_constant(None if self.normalized else block.embeddings))
