"""The expected squared change of the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import vectors
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class FisherTrace(Score):
    """The trace of the Fisher information that a label adds to a softmax layer."""

    name: ClassVar[str] = "fisher_trace"
    summary: ClassVar[str] = "The expected squared change of the last layer."
    formula: ClassVar[str] = "(1 - sum p^2) |(x, 1)|^2"
    reference: ClassVar[str] = "Settles and Craven, EMNLP 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    cost: ClassVar[str] = "N C"

    normalized: bool = parameter(True, doc="Scale each embedding to length 1, so that embeddings are not needed.")

    def required(self) -> frozenset[Need]:
        """Return the predictions, and the embeddings if their length counts."""
        return self.needs if self.normalized else self.needs | {Need.EMBEDDINGS}

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the traces."""
        probabilities = block.probabilities.astype(np.float64)
        open_share = np.maximum(1 - (probabilities * probabilities).sum(axis=1), 0.0)
        return open_share * vectors.squared_with_constant(None if self.normalized else block.embeddings)
