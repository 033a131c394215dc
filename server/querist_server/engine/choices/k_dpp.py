"""The set that spans the most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import top
from querist_server.engine.kernels.vectors import blocks, cosines, inverse_lengths
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

NEGLIGIBLE = 1e-10
"""Share of the largest diagonal entry below which what is left of one is rounding: the rank is exhausted."""


@dataclass(frozen=True)
class KDpp(SetChoice):
    """Greedy maximum of the determinant of a similarity matrix that is scaled by quality.

    Keeps B numbers a candidate beside its embedding, so that it is meant for a prefiltered pool.
    """

    name: ClassVar[str] = "k_dpp"
    summary: ClassVar[str] = "Takes the set with the largest determinant of a similarity matrix scaled by the score."
    formula: ClassVar[str] = "argmax_S log det [q_i k(x_i, x_j) q_j], q = exp(theta rank(score) / 2), greedily"
    reference: ClassVar[str] = "Chen, Zhang and Zhou, NeurIPS 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "B N D + B^2 N"

    theta: float = parameter(1.0, doc="Strength of the score.", minimum=0.0, maximum=100.0)
    kernel: Literal["RBF", "COSINE"] = parameter("COSINE", doc="How alike two instances are.")
    bandwidth: float = parameter(1.0, doc="Bandwidth of the kernel RBF.", minimum=1e-6, maximum=1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel not in ("RBF", "COSINE"):
            message = f"kernel is {self.kernel}; allowed are RBF and COSINE"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="plan.choice.k_dpp.kernel")

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take what adds the most volume, by the Cholesky factor of what was taken; the rest by value."""
        points = candidates["embeddings"]
        quality = np.exp(self.theta * (top.rank_shares(candidates["value"]) - 1) / 2)  # a common factor changes no choice
        scale = np.concatenate([inverse_lengths(points[rows]) for rows in blocks(points, context.checkpoint)])
        left = quality**2
        least = NEGLIGIBLE * float(left.max())
        factor: list[npt.NDArray[np.float64]] = []
        while not draft.full:
            position = int(np.where(draft.open, left, -np.inf).argmax())
            if left[position] < least:
                break
            draft.take(position, gain=float(np.log(left[position])))
            alike = self._kernel(cosines(points, scale, points[position] * scale[position], context.checkpoint))
            column = quality * alike * quality[position]
            for row in factor:
                context.checkpoint()
                column -= row * row[position]
            column /= np.sqrt(left[position])
            left = np.maximum(left - column**2, 0.0)
            factor.append(column)
        draft.fill(top.ranking(candidates["value"], candidates["index"]))

    def _kernel(self, cosine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self.kernel == "COSINE":
            return (1 + cosine) / 2
        return np.exp(-np.maximum(2 - 2 * cosine, 0.0) / self.bandwidth**2)
