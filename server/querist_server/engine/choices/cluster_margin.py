"""Round the clusters, small ones first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise
from querist_server.engine.kernels.k_means import k_means
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

ITERATIONS = 10


@dataclass(frozen=True)
class ClusterMargin(SetChoice):
    """Goes round clusters of what it sees, by rising size, and takes one random member of each at a time."""

    name: ClassVar[str] = "cluster_margin"
    summary: ClassVar[str] = "Goes round the clusters of the most uncertain instances, small ones first; scales to very large batches."
    formula: ClassVar[str] = "round robin over k-means clusters by rising size, a random member each"
    reference: ClassVar[str] = "Citovsky et al., NeurIPS 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N^2 D / rows_per_cluster"

    rows_per_cluster: float = parameter(20.0, doc="Mean size of a cluster.", minimum=1.0, maximum=1e6)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take one of each cluster, round after round."""
        points, rows = candidates["embeddings"], candidates["index"]
        clusters = max(1, round(len(points) / self.rows_per_cluster))
        labels, centres = k_means(points, None, clusters, context.seed, ITERATIONS, context.checkpoint)
        sizes = np.bincount(labels, minlength=len(centres))
        order = np.lexsort((noise.uniform(context.seed, noise.Purpose.CHOICE, rows), labels))
        members = np.split(order, np.cumsum(sizes)[:-1])
        turns = [(cluster, iter(members[cluster].tolist())) for cluster in np.argsort(sizes, kind="stable").tolist()]
        draft.take_in_turns(turns)
