"""How much the label lowers the variance of a ridge regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy.typing as npt

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels.ridge import Reach
from querist_server.engine.part import FloatArray, Merge, Need, parameter
from querist_server.engine.pool import Context, Side
from querist_server.engine.scores._evaluating import evaluated
from querist_server.engine.set_score import Found, SetScore

MATRICES_HELD = 4


@dataclass(frozen=True)
class VarianceReduction(SetScore):
    """A-optimality: the mean fall of the predictive variance over the evaluation set, through one matrix of D x D numbers."""

    name: ClassVar[str] = "variance_reduction"
    summary: ClassVar[str] = "For regression: how much the label lowers the variance of a ridge regression on the embeddings."
    formula: ClassVar[str] = "mean_u (v_u . v_x)^2 / (1 + |v_x|^2), v = (lambda I + sum z z')^-1/2 z, z = (x, 1)"
    reference: ClassVar[str] = "Cohn, Ghahramani and Jordan, JAIR 1996"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.STATISTICS
    cost: ClassVar[str] = "N D^2 + D^3"

    evaluation: Literal["POOL", "TARGET"] = parameter("POOL", doc="Over which instances the variance is a mean.")
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
        """Return the reductions."""
        reach, length = squared_reach(self.evaluation, self.ridge, candidates, context)
        return Found.of_all(reach / (1 + length))


def refuse_sample(evaluation: str, score: str) -> None:
    """Refuse a sample as evaluation set, where the whole costs no more."""
    if evaluation not in ("POOL", "TARGET"):
        message = f"evaluation is {evaluation}; allowed are POOL and TARGET, since the whole pool costs no more than a sample"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"plan.score.{score}.evaluation")


def squared_reach(
    evaluation: str, ridge: float, candidates: Mapping[str, npt.NDArray[Any]], context: Context
) -> tuple[FloatArray, FloatArray]:
    """Return the mean squared reach over the evaluation set, and the squared length, of each candidate, both of shape (n,)."""
    points, target = candidates["embeddings"], context.side.target_embeddings
    others = evaluated(evaluation, len(points), candidates, target, context).pick(points, target)
    context.work.hold(MATRICES_HELD * 8.0 * (points.shape[1] + 1) ** 2, f"what is held for {points.shape[1]} embedding columns")
    around = Reach(context.side.labelled_embeddings, points.shape[1], ridge, context.checkpoint)
    context.work.begin(float(len(points) + len(others)) * (points.shape[1] + 1) ** 2, "Send narrower embeddings.")
    reach, length = around.squared_reach(points, others)
    context.work.advance(context.work.total)
    return reach, length
