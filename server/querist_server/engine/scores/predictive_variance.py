"""The variance that a regression model itself predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class PredictiveVariance(Score):
    """The caller's own predicted variance."""

    name: ClassVar[str] = "predictive_variance"
    summary: ClassVar[str] = "The variance that a regression model itself predicts."
    formula: ClassVar[str] = "as sent"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTED_VARIANCES})

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the variances."""
        return sent(block.predicted_variances).astype(np.float64)
