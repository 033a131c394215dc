"""Expected error reduction by models that the caller retrained itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels.risk import TINY, Risk
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class LookAheadErrorReduction(Score):
    """Expected error reduction as it was first defined: the model is retrained with each label, by the caller."""

    name: ClassVar[str] = "look_ahead_error_reduction"
    summary: ClassVar[str] = "The expected error reduction by the caller's own models, retrained with each candidate and label."
    formula: ClassVar[str] = "mean_u [loss(P(u)) - sum_y p_y loss(P_xy(u))]"
    reference: ClassVar[str] = "Roy and McCallum, ICML 2001"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.LOOK_AHEAD, Need.TARGET_PROBABILITIES})
    cost: ClassVar[str] = "N E C^2 for a target set of E"

    loss: Literal["ZERO_ONE", "LOG", "BRIER", "COST"] = parameter("ZERO_ONE", doc="The error that is to fall.")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a cost matrix."""
        return self.needs | ({Need.COST_MATRIX} if self.loss == "COST" else set())

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the expected reductions."""
        target, ahead = context.side.target_probabilities, sent(block.look_ahead)
        if target is None or ahead.shape[1] != len(target):
            rows = 0 if target is None else len(target)
            message = (
                f"look_ahead speaks of {ahead.shape[1]} instances and target.probabilities of {rows}; they must agree, and be 1 at least"
            )
            raise EngineError("SHAPE_MISMATCH", message, field="look_ahead")
        risk = Risk(self.loss, context.cost_matrix)
        now = float(risk.of(_masses(target)).mean())
        reduction = np.full(block.length, now)
        believed = block.probabilities.astype(np.float64)
        believed /= believed.sum(axis=1, keepdims=True)
        for label, after in enumerate(ahead):
            reduction -= believed[:, label] * risk.of(_masses(after)).mean(axis=0)
        return reduction


def _masses(probabilities: FloatArray) -> FloatArray:
    """Return probabilities (..., C) as masses (C, ...)."""
    return np.ascontiguousarray(np.moveaxis(probabilities, -1, 0), np.float64) + TINY
