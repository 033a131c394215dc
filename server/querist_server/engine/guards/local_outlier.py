"""Instances in a thinner neighbourhood than their neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.guards._reference import Reference
from querist_server.engine.kernels import robust
from querist_server.engine.part import FloatArray, Guard, IndexArray, Merge, Need, Suspects, parameter
from querist_server.engine.pool import Context

LEAST_REACH = 1e-10
"""Added to mean reachability distances, so that the density of coinciding points is finite (as scikit-learn does)."""


@dataclass(frozen=True)
class LocalOutlier(Guard):
    """Goes by the local outlier factor: the density around the neighbours over the density around the instance."""

    name: ClassVar[str] = "local_outlier"
    summary: ClassVar[str] = "Puts instances aside whose neighbourhood is much thinner than that of their neighbours."
    formula: ClassVar[str] = "mean_neighbours density(j) / density(i) > factor, density = 1 / mean reachability distance"
    reference: ClassVar[str] = "Breunig, Kriegel, Ng and Sander, SIGMOD 2000"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N reference_rows D"

    neighbours: int = parameter(20, doc="Number of nearest neighbours.", minimum=1, maximum=1000)
    factor: float = parameter(1.5, doc="Highest local outlier factor that passes.", minimum=1.0, maximum=1e6)
    reference_rows: int = parameter(5000, doc="Most candidates among which neighbours are looked for.", minimum=100, maximum=1_000_000)

    @property
    def looks_at_pool(self) -> bool:
        """Always."""
        return True

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:
        """Return what is above the factor."""
        if len(candidates["index"]) < robust.FEWEST:
            return []
        reference = Reference.among(candidates, self.reference_rows, context)
        itself = np.arange(len(reference.points))
        distances, positions = reference.neighbours(reference.points, itself, self.neighbours, context)
        reach = distances[:, -1]
        density = _density(distances, reach[positions])
        distances, positions = reference.neighbours(candidates["embeddings"], reference.own, self.neighbours, context)
        factors = density[positions].mean(axis=1) / _density(distances, reach[positions])
        suspects: IndexArray = np.flatnonzero(factors > self.factor)
        return [Suspects("LOCAL_OUTLIER", suspects, factors[suspects])]


def _density(distances: FloatArray, reach: FloatArray) -> FloatArray:
    """Return one over the mean reachability distance: to each neighbour, its distance or how far that one's own neighbours reach."""
    return 1 / (np.maximum(distances, reach).mean(axis=1) + LEAST_REACH)
