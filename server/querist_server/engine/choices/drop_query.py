"""Representatives of what is not stable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, representatives
from querist_server.engine.kernels.vectors import blocks, unit_rows
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context, sent

ITERATIONS = 10
CANDIDATES_A_PICK = 25
"""As long as fewer than so many a pick are unstable, those that change less often are let in."""


@dataclass(frozen=True)
class DropQuery(SetChoice):
    """Asks the caller's linear last layer again with columns dropped, and takes k-means representatives of what changes its class."""

    name: ClassVar[str] = "drop_query"
    summary: ClassVar[str] = "Takes representatives of the instances whose predicted class changes when embedding columns are dropped."
    formula: ClassVar[str] = "k-means on unit embeddings whose argmax changes in more than half of the masks"
    reference: ClassVar[str] = "Gupte et al., TMLR 2024"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS, Need.HEAD})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "masks N D C, and k-means"

    rate: float = parameter(0.75, doc="Share of columns that are dropped.", minimum=0.0, maximum=0.99)
    masks: int = parameter(3, doc="How many times columns are dropped.", minimum=1, maximum=100)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the representatives of the unstable, then those of the rest."""
        points = candidates["embeddings"]
        changes = self._changes(points, context)
        allowed = self.masks // 2 + 1
        while allowed and np.count_nonzero(changes >= allowed) < CANDIDATES_A_PICK * draft.count:
            allowed -= 1
        shortlist = np.flatnonzero(changes >= allowed)
        among = Draft(len(shortlist), draft.wanted, checkpoint=context.checkpoint)
        among.close(np.flatnonzero(~draft.open[shortlist]))
        representatives.take(unit_rows(points[shortlist]), None, among, context.seed, ITERATIONS, context.checkpoint)
        clusters = among.clusters
        for number, position in enumerate(shortlist[among.taken].tolist()):
            if draft.full:
                return
            if draft.open[position]:
                draft.take(position, cluster=-1 if clusters is None else int(clusters[number]))
        draft.fill(np.lexsort((candidates["index"], -candidates["value"], -changes)))

    def _changes(self, points: npt.NDArray[Any], context: Context) -> npt.NDArray[np.int64]:
        """Return in how many masks the predicted class of each candidate changes. Kept columns are scaled up, as dropout does."""
        weights, bias = sent(context.side.head_weights), sent(context.side.head_bias)
        width = points.shape[1]
        draws = noise.uniform(context.seed, noise.Purpose.MASK, np.arange(self.masks * width)).reshape(self.masks, width)
        kept = (draws >= self.rate) / (1 - self.rate)
        changes = np.zeros(len(points), np.int64)
        for rows in blocks(points, context.checkpoint):
            block = points[rows].astype(np.float64)
            usual = (block @ weights.T + bias).argmax(axis=1)
            for mask in kept:
                changes[rows] += (block @ (weights * mask).T + bias).argmax(axis=1) != usual
        return changes
