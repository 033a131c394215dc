"""Instances like the wanted ones, covering all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import greedy
from querist_server.engine.kernels.vectors import blocks, unit_rows
from querist_server.engine.part import FloatArray, IndexArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context, sent


@dataclass(frozen=True)
class Flqmi(SetChoice):
    """Facility location between the batch and the wanted examples, in both directions."""

    name: ClassVar[str] = "flqmi"
    summary: ClassVar[str] = "Takes instances that are like the wanted ones, and together cover all of them."
    formula: ClassVar[str] = "argmax_S sum_wanted max_S s(q, j) + eta sum_S max_wanted s(q, j), s = (1 + cos) / 2, greedily"
    reference: ClassVar[str] = "Kothawade et al., NeurIPS 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS, Need.WANTED})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "m N D for m wanted examples"

    eta: float = parameter(1.0, doc="Weight of likeness against coverage.", minimum=0.0, maximum=1e6)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> float | None:
        """Take the largest gain, again and again."""
        points, wanted = candidates["embeddings"], sent(context.side.wanted)
        return greedy.best(lambda: _Likeness(points, wanted, self.eta), draft, len(points), context.checkpoint)


class _Likeness(greedy.Objective):
    """What a candidate adds to the coverage of the wanted examples, and how like them it is."""

    def __init__(self, points: npt.NDArray[Any], wanted: npt.NDArray[Any], eta: float) -> None:
        self._points, self._wanted, self._eta = points, unit_rows(wanted).astype(np.float64), eta
        self._covered = np.zeros(len(wanted))
        self.rounding = 4 * float(np.finfo(np.float64).eps) * (np.sqrt(len(wanted)) + eta)

    def gains(self, positions: IndexArray) -> FloatArray:
        gains = np.empty(len(positions))
        for rows in blocks(positions, lambda: None, 256):
            alike = self._alike(positions[rows])
            gains[rows] = np.maximum(alike - self._covered, 0.0).sum(axis=1) + self._eta * alike.max(axis=1)
        return gains

    def take(self, position: int) -> None:
        np.maximum(self._covered, self._alike(np.array([position]))[0], out=self._covered)

    def _alike(self, positions: IndexArray) -> FloatArray:
        return (1 + unit_rows(self._points[positions]).astype(np.float64) @ self._wanted.T) / 2
