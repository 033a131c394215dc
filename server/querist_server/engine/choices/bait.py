"""Less variance in a linear model's decisions over the pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels.inverse import add_ridge, invert
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

MATRICES_HELD = 4


@dataclass(frozen=True)
class Bait(SetChoice):
    """The binary form of BAIT: Fisher information of the likeliest class against the rest, on the embeddings.

    What each candidate would lower the trace by is a quotient of two quadratic forms; both follow a pick by a rank-one update, which takes
    two matrix-vector products and no memory beyond a few numbers a candidate.
    """

    name: ClassVar[str] = "bait"
    summary: ClassVar[str] = "Takes what most lowers the variance of a linear model's decisions over the whole pool."
    formula: ClassVar[str] = "argmin tr((M + sum z z')^-1 F), z = sqrt(p(1) (1 - p(1))) x, greedily"
    reference: ClassVar[str] = "Ash et al., NeurIPS 2021; Huseljic et al., ECML PKDD 2024"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "N D^2 + B N D"

    ridge: float = parameter(1.0, doc="Regulariser.", minimum=1e-9, maximum=1e9)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take what lowers the trace most, again and again."""
        points, highest = candidates["embeddings"], candidates["probabilities"].max(axis=1).astype(np.float64)
        weight = np.sqrt(np.clip(highest * (1 - highest), 0.0, None))
        width = points.shape[1]
        context.work.hold(MATRICES_HELD * 8.0 * width**2, f"what is held for {width} embedding columns")
        fisher: FloatArray = np.zeros((width, width))
        inverse: FloatArray = np.zeros((width, width))
        for rows in blocks(points, context.checkpoint):
            scaled = points[rows] * weight[rows, None]
            fisher += scaled.T @ scaled / len(points)
        labelled = context.side.labelled_embeddings
        for rows in () if labelled is None else blocks(labelled, context.checkpoint):
            some = labelled[rows].astype(np.float64)  # type: ignore[index]  # there are rows only if it is there
            inverse += some.T @ some / 4
        add_ridge(inverse, self.ridge)
        invert(inverse, context.checkpoint)
        lowered, spread = self._forms(points, weight, inverse, fisher, context)
        while not draft.full:
            gains = lowered / (1 + spread)
            position = int(np.where(draft.open, gains, -np.inf).argmax())
            draft.take(position, gain=float(gains[position]))
            taken = points[position].astype(np.float64) * weight[position]
            along = inverse @ taken
            across = inverse @ (fisher @ along)
            shrink, energy = 1 + float(taken @ along), float(along @ fisher @ along)
            inverse -= np.outer(along, along) / shrink
            on_along, on_across = self._products(points, weight, np.column_stack((along, across)), context)
            lowered += on_along * (on_along * energy / shrink - 2 * on_across) / shrink
            spread -= on_along**2 / shrink
            np.maximum(lowered, 0.0, out=lowered)
            np.maximum(spread, 0.0, out=spread)

    @staticmethod
    def _forms(
        points: npt.NDArray[Any], weight: FloatArray, inverse: FloatArray, fisher: FloatArray, context: Context
    ) -> tuple[FloatArray, FloatArray]:
        """Return z' M^-1 F M^-1 z and z' M^-1 z of each candidate."""
        middle = inverse @ fisher @ inverse
        lowered, spread = np.empty(len(points)), np.empty(len(points))
        for rows in blocks(points, context.checkpoint):
            scaled = points[rows] * weight[rows, None]
            lowered[rows] = np.einsum("ij,ij->i", scaled @ middle, scaled)
            spread[rows] = np.einsum("ij,ij->i", scaled @ inverse, scaled)
        return lowered, spread

    @staticmethod
    def _products(points: npt.NDArray[Any], weight: FloatArray, directions: FloatArray, context: Context) -> tuple[FloatArray, FloatArray]:
        """Return the products of each z with two directions (D, 2)."""
        found = np.empty((2, len(points)))
        for rows in blocks(points, context.checkpoint):
            found[:, rows] = (points[rows].astype(np.float64, copy=False) @ directions).T * weight[rows]  # in FLOAT64: errors add up
        return found[0], found[1]
