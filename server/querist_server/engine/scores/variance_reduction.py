"""How much the label lowers the variance of a ridge regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy.typing as npt

from querist_server.engine.pool import Context
from querist_server.engine.scores._ridge import RidgeScore
from querist_server.engine.set_score import Found


@dataclass(frozen=True)
class VarianceReduction(RidgeScore):
    """A-optimality: the mean fall of the predictive variance over the evaluation set."""

    name: ClassVar[str] = "variance_reduction"
    summary: ClassVar[str] = "For regression: how much the label lowers the variance of a ridge regression on the embeddings."
    formula: ClassVar[str] = "mean_u (v_u . v_x)^2 / (1 + |v_x|^2), v = (lambda I + sum z z')^-1/2 z, z = (x, 1)"
    reference: ClassVar[str] = "Cohn, Ghahramani and Jordan, JAIR 1996"
    cost: ClassVar[str] = "N D^2 + D^3"

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the reductions."""
        reach, length = self.squared_reach(candidates, context)
        return Found.of_all(reach / (1 + length))
