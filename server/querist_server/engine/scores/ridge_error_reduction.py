"""How much the label is expected to lower the Brier loss of a ridge regression on the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import Need
from querist_server.engine.pool import Context
from querist_server.engine.scores._ridge import RidgeScore
from querist_server.engine.set_score import Found


@dataclass(frozen=True)
class RidgeErrorReduction(RidgeScore):
    """Expected Brier reduction in closed form: the label's surprise e_y - p has mean 0, so that only its variance 1 - sum p^2 counts."""

    name: ClassVar[str] = "ridge_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the Brier loss of a ridge regression, over the whole pool at once."
    formula: ClassVar[str] = "(1 - sum p^2) mean_u (v_u . v_x)^2 / (1 + |v_x|^2)^2"
    reference: ClassVar[str] = "Roy and McCallum, ICML 2001; Cohn, Ghahramani and Jordan, JAIR 1996"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.EMBEDDINGS})
    cost: ClassVar[str] = "N (D^2 + C) + D^3"

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        reach, length = self.squared_reach(candidates, context)
        surprise = uncertainty.gini(candidates["probabilities"]).astype(np.float64)
        return Found.of_all(surprise * (reach / (1 + length) / (1 + length)))
