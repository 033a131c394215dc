"""More weight for instances that stand for many others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.vectors import blocks, unit_rows
from querist_server.engine.part import FloatArray, Merge, Need, PoolWeight, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Density(PoolWeight):
    """The mean similarity of an instance to all candidates.

    The mean cosine to all is the cosine to the mean of all unit vectors times its length, so that no pair is ever looked at.
    """

    name: ClassVar[str] = "density"
    summary: ClassVar[str] = "Favours instances that stand for many others: with an uncertainty score, information density."
    formula: ClassVar[str] = "(mean_u (1 + cos(x, u)) / 2)^beta"
    reference: ClassVar[str] = "Settles and Craven, EMNLP 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "N D"

    beta: float = parameter(1.0, doc="Exponent of the density.", minimum=0.0, maximum=100.0)

    def factor_among(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> FloatArray:
        """Return the mean similarities to the power of beta."""
        points = candidates["embeddings"]
        total = np.zeros(points.shape[1])
        for rows in blocks(points, context.checkpoint):
            total += unit_rows(points[rows]).sum(axis=0, dtype=np.float64)
        mean = total / max(1, len(points))
        density = np.empty(len(points))
        for rows in blocks(points, context.checkpoint):
            density[rows] = (1 + unit_rows(points[rows]).astype(np.float64) @ mean) / 2
        return np.clip(density, 0.0, 1.0) ** self.beta  # rounding alone leads beyond the bounds
