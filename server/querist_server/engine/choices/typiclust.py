"""The most typical instance of clusters without labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels.k_means import k_means
from querist_server.engine.kernels.neighbours import nearest
from querist_server.engine.part import IndexArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context

ITERATIONS = 20
LEAST_DISTANCE = 1e-5
"""Added to mean distances, so that typicality is finite."""


@dataclass(frozen=True)
class Typiclust(SetChoice):
    """Clusters of the labelled set and the candidates, those with the fewest labels first, and of each the densest candidate."""

    name: ClassVar[str] = "typiclust"
    summary: ClassVar[str] = "Takes the most typical instance of clusters that have no labels; for very few labels."
    formula: ClassVar[str] = "argmax_i 1 / (mean distance to the nearest in the cluster), by rising labels, then falling size of clusters"
    reference: ClassVar[str] = "Hacohen, Dekel and Weinshall, ICML 2022"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "clusters N D, and the squares of the clusters' sizes times D"

    neighbours: int = parameter(20, doc="Most nearest neighbours that typicality looks at.", minimum=1, maximum=1000)
    most_clusters: int = parameter(500, doc="Most clusters.", minimum=1, maximum=10_000)
    smallest: int = parameter(5, doc="Size up to which a cluster is passed over as long as there are larger ones.", minimum=0, maximum=1000)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the most typical of each cluster, round after round."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        known = 0 if labelled is None else len(labelled)
        everything = points if labelled is None else np.concatenate((labelled, points))
        clusters = min(known + draft.count, self.most_clusters)
        labels, centres = k_means(everything, None, clusters, context.seed, ITERATIONS, context.checkpoint)
        sizes, labels_in = np.bincount(labels, minlength=len(centres)), np.bincount(labels[:known], minlength=len(centres))
        order = np.lexsort((-sizes, labels_in, sizes <= self.smallest))
        members = np.split(np.argsort(labels, kind="stable"), np.cumsum(sizes)[:-1])
        turns = [(cluster, self._by_typicality(everything, members[cluster], known, context)) for cluster in order.tolist()]
        draft.take_in_turns(turns)

    def _by_typicality(self, points: npt.NDArray[Any], members: IndexArray, known: int, context: Context) -> Iterator[int]:
        """Give the candidates of a cluster, the most typical first; nothing is computed before the cluster has its turn."""
        wanted = min(self.neighbours, len(members) // 2, len(members) - 1)
        typicality = np.zeros(len(members))
        if wanted:
            mine = points[members]
            distances, _ = nearest(mine, mine, wanted, context.checkpoint, np.arange(len(members)))
            typicality = 1 / (distances.mean(axis=1) + LEAST_DISTANCE)
        for member in members[np.lexsort((members, -typicality))].tolist():
            if member >= known:
                yield member - known
