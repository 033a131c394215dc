"""How much the label is expected to change what a ridge regression says of other instances."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import uncertainty
from querist_server.engine.kernels.information import with_constant
from querist_server.engine.kernels.ridge import Reach
from querist_server.engine.part import FloatArray, IndexArray, Merge, Need, parameter
from querist_server.engine.pool import Context, Side
from querist_server.engine.scores._evaluating import evaluated, mean_gains
from querist_server.engine.set_score import Found, SetScore


class _Change:
    """Changes by the reach of each candidate to each evaluated instance."""

    cells = 1.0

    def __init__(self, around: Reach, points: npt.NDArray[Any], others: npt.NDArray[Any]) -> None:
        self._around, self._points = around, points
        self._others = with_constant(others)

    def gains(self, rows: IndexArray, evaluated: slice, believed: FloatArray) -> FloatArray:
        """Return the sums over classes of the expected absolute changes; `believed` is sum p (1 - p), twice, of shape (1, n)."""
        mine = self._points[rows]
        across = self._around.across(mine)
        change = np.abs(across @ self._others[evaluated].T)
        length = np.einsum("ij,ij->i", across, with_constant(mine))
        change *= (believed[0] / (1 + np.maximum(length, 0)))[:, None]
        return change


@dataclass(frozen=True)
class ExpectedOutputChange(SetScore):
    """Expected model output change by its absolute value, which unlike its square needs each pair of instances."""

    name: ClassVar[str] = "expected_output_change"
    summary: ClassVar[str] = "How much the label is expected to change what a ridge regression on the embeddings says of others."
    formula: ClassVar[str] = "2 (1 - sum p^2) mean_u |v_u . v_x| / (1 + |v_x|^2)"
    reference: ClassVar[str] = "Kaeding et al., GCPR 2016"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.STATISTICS
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N E D + D^3 for an evaluation set of E"

    evaluation: Literal["POOL", "SAMPLE", "TARGET"] = parameter("SAMPLE", doc="Over which instances the change is a mean.")
    evaluation_rows: int = parameter(1000, doc="Size of the sample, for SAMPLE.", minimum=10, maximum=1_000_000)
    ridge: float = parameter(1.0, doc="Regulariser.", minimum=1e-9, maximum=1e9)

    def required(self) -> frozenset[Need]:
        """Return what must be sent, which may be a target set."""
        return self.needs | ({Need.TARGET_EMBEDDINGS} if self.evaluation == "TARGET" else set())

    def repeatable(self) -> bool:
        """Tell whether nothing is drawn."""
        return self.evaluation != "SAMPLE"

    def surrogate(self, side: Side) -> bool:  # noqa: ARG002 - whatever was sent
        """Tell that the regression is the server's own."""
        return True

    def among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> Found:
        """Return the expected changes."""
        points, target = candidates["embeddings"], context.side.target_embeddings
        among = evaluated(self.evaluation, self.evaluation_rows, candidates, target, context)
        width = points.shape[1] + 1
        context.work.hold(8.0 * (among.size * width + 2 * width**2), f"the evaluation set, and what is held for {width - 1} columns,")
        around = Reach(context.side.labelled_embeddings, points.shape[1], self.ridge, context.checkpoint)
        engine = _Change(around, points, among.pick(points, target))
        surprise = 2 * uncertainty.gini(candidates["probabilities"]).astype(np.float64)
        changes, errors = mean_gains(engine, np.arange(len(points)), surprise[None], among, context)
        found = Found.of_all(changes)
        return dataclasses.replace(found, accuracy={"standard_error": errors}) if among.size < among.population else found
