"""How much the label is expected to lower the Brier loss of a ridge regression on the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy.typing as npt

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import Merge, Need, parameter
from querist_server.engine.pool import Context, Side
from querist_server.engine.scores.variance_reduction import refuse_sample, squared_reach
from querist_server.engine.set_score import Found, SetScore


@dataclass(frozen=True)
class RidgeErrorReduction(SetScore):
    """Expected Brier reduction in closed form: the label's surprise e_y - p has mean 0, so that only its variance 1 - sum p^2 counts."""

    name: ClassVar[str] = "ridge_error_reduction"
    summary: ClassVar[str] = "How much the label is expected to lower the Brier loss of a ridge regression, over the whole pool at once."
    formula: ClassVar[str] = "(1 - sum p^2) mean_u (v_u . v_x)^2 / (1 + |v_x|^2)^2"
    reference: ClassVar[str] = "Roy and McCallum, ICML 2001; Cohn, Ghahramani and Jordan, JAIR 1996"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.STATISTICS
    cost: ClassVar[str] = "N (D^2 + C) + D^3"

    evaluation: Literal["POOL", "TARGET"] = parameter("POOL", doc="Over which instances the loss is a mean.")
    ridge: float = parameter(1.0, doc="Regulariser.", minimum=1e-9, maximum=1e9)

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_sample(self.evaluation, self.name)

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set."""
        return self.needs | ({Need.TARGET_EMBEDDINGS} if self.evaluation == "TARGET" else set())

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell that the regression is the server's own."""
        return True

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected reductions."""
        reach, length = squared_reach(self.evaluation, self.ridge, candidates, context)
        open_label = uncertainty.gini(candidates["probabilities"]).astype("float64")
        return Found.of_all(open_label * (reach / (1 + length) / (1 + length)))
