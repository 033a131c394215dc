"""One instance for each cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy.typing as npt

from querist_server.engine.choices._weights import as_weights
from querist_server.engine.draft import Draft
from querist_server.engine.kernels import representatives
from querist_server.engine.kernels.vectors import unit_rows
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class KMeans(SetChoice):
    """As many clusters as are chosen, and of each the candidate nearest to its centre."""

    name: ClassVar[str] = "k_means"
    summary: ClassVar[str] = "Takes the instance nearest to the centre of each of as many clusters as are chosen."
    formula: ClassVar[str] = "k-means++ and Lloyd with k = B, nearest to each centre"
    reference: ClassVar[str] = "Arthur and Vassilvitskii, SODA 2007; Zhdanov 2019; Prabhu et al., ICCV 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "iterations B N D"

    weigh_by_score: bool = parameter(False, doc="Weigh each candidate by its score.")
    iterations: int = parameter(10, doc="Most rounds of Lloyd's algorithm.", minimum=0, maximum=1000)
    normalized: bool = parameter(False, doc="Scale embeddings to length 1 first.")

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take each cluster's representative, the heaviest cluster first."""
        points = unit_rows(candidates["embeddings"]) if self.normalized else candidates["embeddings"]
        weights = as_weights(candidates["value"], candidates["index"], "k_means") if self.weigh_by_score else None
        representatives.take(points, weights, draft, context.seed, self.iterations, context.checkpoint)
