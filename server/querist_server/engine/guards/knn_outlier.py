"""Instances far from everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.guards._reference import Reference
from querist_server.engine.kernels import robust
from querist_server.engine.part import Guard, Merge, Need, Suspects, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class KnnOutlier(Guard):
    """Goes by the mean distance to the nearest neighbours, on a logarithmic scale, compared with that of the other candidates."""

    name: ClassVar[str] = "knn_outlier"
    summary: ClassVar[str] = "Puts instances aside that are far from their nearest neighbours."
    formula: ClassVar[str] = "robust z of log(mean distance to k nearest) > z"
    reference: ClassVar[str] = "Ramaswamy, Rastogi and Shim, SIGMOD 2000"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N reference_rows D"

    neighbours: int = parameter(10, doc="Number of nearest neighbours.", minimum=1, maximum=1000)
    z: float = parameter(4.0, doc="Robust deviations above the median.", minimum=0.1, maximum=1e3)
    reference_rows: int = parameter(5000, doc="Most candidates among which neighbours are looked for.", minimum=100, maximum=1_000_000)

    @property
    def looks_at_pool(self) -> bool:
        """Always."""
        return True

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:
        """Return what is far above the median. Duplicates of others, at distance 0, are no outliers."""
        if len(candidates["index"]) < robust.FEWEST:
            return []
        reference = Reference.among(candidates, self.reference_rows, context)
        distances, _ = reference.neighbours(candidates["embeddings"], reference.own, self.neighbours, context)
        far = distances.mean(axis=1)
        apart = np.flatnonzero(far > 0)
        points = candidates["embeddings"]
        lengths = np.sqrt(np.einsum("ij,ij->i", points, points, dtype=np.float64))
        rounding = float(np.finfo(points.dtype).eps) * lengths[apart] / far[apart]  # of the logarithm: relative to the distance
        deviations = robust.deviations(np.log(far[apart]), rounding)
        outside = deviations > self.z
        return [Suspects("KNN_OUTLIER", apart[outside], deviations[outside])]
