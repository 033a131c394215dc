"""The instance whose value a linear model knows least, for regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import information
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

MATRICES_HELD = 2


@dataclass(frozen=True)
class MaxVariance(SetChoice):
    """The largest posterior variance of a ridge regression, which shrinks with each instance that is taken."""

    name: ClassVar[str] = "max_variance"
    summary: ClassVar[str] = "For regression: takes the instance whose value a linear model knows least, given all that were taken."
    formula: ClassVar[str] = "argmax_i x_i' (X'X + noise I)^-1 x_i over labelled and taken X, with a constant in x"
    reference: ClassVar[str] = "Holzmueller, Zaverkin, Kaestner and Steinwart, JMLR 2023"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(D + B) N D + n D^2 for n labelled instances"

    noise: float = parameter(1.0, doc="Ridge parameter.", minimum=1e-9, maximum=1e9)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the largest variance, again and again."""
        points = candidates["embeddings"]
        context.work.hold(MATRICES_HELD * 8.0 * (points.shape[1] + 1) ** 2, f"what is held for {points.shape[1]} embedding columns")
        inverse = information.inverse(context.side.labelled_embeddings, points.shape[1], self.noise, context.checkpoint)
        variance = information.quadratic(points, inverse, context.checkpoint)
        while not draft.full:
            position = int(np.where(draft.open, variance, -np.inf).argmax())
            draft.take(position, gain=float(variance[position]))
            taken = information.with_constant(points[position : position + 1])[0]
            direction = inverse @ taken
            shrink = 1 + float(taken @ direction)
            inverse -= np.outer(direction, direction) / shrink
            variance -= information.products(points, direction, context.checkpoint) ** 2 / shrink
            np.maximum(variance, 0.0, out=variance)
