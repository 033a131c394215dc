"""What scores have in common that ask how far an instance reaches through a ridge regression, in closed form."""

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
from querist_server.engine.set_score import SetScore

MATRICES_HELD = 4
"""How many matrices of D x D are held at a time."""


@dataclass(frozen=True)
class RidgeScore(SetScore):
    """A score through a matrix of D x D numbers, at a cost that does not grow with the evaluation set."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.STATISTICS

    evaluation: Literal["POOL", "TARGET"] = parameter("POOL", doc="Over which instances the score is a mean.")
    ridge: float = parameter(1.0, doc="Regulariser.", minimum=1e-9, maximum=1e9)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.evaluation not in ("POOL", "TARGET"):
            message = f"evaluation is {self.evaluation}; allowed are POOL and TARGET, since the whole pool costs no more than a sample"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"plan.score.{self.name}.evaluation")

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set."""
        return self.needs | ({Need.TARGET_EMBEDDINGS} if self.evaluation == "TARGET" else set())

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell that the regression is the server's own."""
        return True

    def squared_reach(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> tuple[FloatArray, FloatArray]:
        """Return the mean squared reach over the evaluation set, and the squared length, of each candidate, both of shape (n,)."""
        points, target = candidates["embeddings"], context.side.target_embeddings
        others = evaluated(self.evaluation, len(points), candidates, target, context).pick(points, target)
        width = points.shape[1]
        context.work.hold(MATRICES_HELD * 8.0 * (width + 1) ** 2, f"what is held for {width} embedding columns")
        context.work.begin(float(len(points) + len(others)) * (width + 1) ** 2, "Send narrower embeddings.")
        around = Reach(context.side.labelled_embeddings, width, self.ridge, context.checkpoint)
        reach, length = around.squared_reach(points, others)
        context.work.advance(context.work.total)
        return reach, length
