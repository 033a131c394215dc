"""Instances far from what is labelled, in inputs, outputs or both, for regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import distances
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class GreedySampling(SetChoice):
    """The largest smallest distance to what is labelled or was taken: GSx, GSy and iGS."""

    name: ClassVar[str] = "greedy_sampling"
    summary: ClassVar[str] = "For regression: spreads the batch over inputs, predicted values, or the product of both."
    formula: ClassVar[str] = "argmax_i min_j |x_i - x_j| |y_i - y_j| over labelled and taken j"
    reference: ClassVar[str] = "Wu, Lin and Huang, Information Sciences 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS, Need.PREDICTED_VALUES})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(n + B) N D for n labelled instances"

    space: Literal["INPUT", "OUTPUT", "BOTH"] = parameter("BOTH", doc="Where distances are taken.")

    def required(self) -> frozenset[Need]:
        """Return what the space needs."""
        return {"INPUT": frozenset({Need.EMBEDDINGS}), "OUTPUT": frozenset({Need.PREDICTED_VALUES})}.get(self.space, self.needs)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the farthest, again and again."""
        points = candidates["embeddings"] if self.space != "OUTPUT" else None
        values = candidates["predicted_values"].astype(np.float64) if self.space != "INPUT" else None
        nearest = np.full(len(candidates["index"]), np.inf)
        known = self._labelled(context)
        for point, value in known:
            context.checkpoint()
            np.minimum(nearest, _gaps(points, values, point, value), out=nearest)
        started = bool(known)
        while not draft.full:
            position = int(np.where(draft.open, nearest if started else candidates["value"], -np.inf).argmax())
            draft.take(position, gain=float(nearest[position]) if started else np.nan)
            point = None if points is None else points[position]
            value = None if values is None else float(values[position])
            np.minimum(nearest, _gaps(points, values, point, value), out=nearest)
            started = True

    def _labelled(self, context: Context) -> list[tuple[npt.NDArray[Any] | None, float | None]]:
        """Return what is known of the labelled instances in the space."""
        points, values = context.side.labelled_embeddings, context.side.labelled_values
        if self.space == "INPUT":
            return [] if points is None else [(point, None) for point in points]
        if self.space == "OUTPUT":
            return [] if values is None else [(None, value) for value in values.tolist()]
        if (points is None) != (values is None):
            missing = "values" if values is None else "embeddings"
            message = f"distances in both spaces need side.labelled.{missing} too"
            raise EngineError("INPUT_MISSING", message, field=f"side.labelled.{missing}")
        return [] if points is None or values is None else list(zip(points, values.tolist(), strict=True))


def _gaps(points: npt.NDArray[Any] | None, values: FloatArray | None, point: npt.NDArray[Any] | None, value: float | None) -> FloatArray:
    """Return the distance of each candidate to one instance: in the inputs, in the values, or the product of both."""
    inputs = None if points is None or point is None else np.sqrt(distances.squared_to(points, point))
    outputs = None if values is None or value is None else np.abs(values - value)
    if inputs is None or outputs is None:
        return outputs if inputs is None else inputs  # type: ignore[return-value]  # one of the two is there
    return inputs * outputs
