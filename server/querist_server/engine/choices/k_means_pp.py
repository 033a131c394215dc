"""Random draws by squared distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy.typing as npt

from querist_server.engine.choices._weights import as_weights
from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, top
from querist_server.engine.kernels.seeding import Seeding
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class KMeansPp(SetChoice):
    """k-means++ seeding alone: each draw in proportion to weight times squared distance to what is labelled or was taken."""

    name: ClassVar[str] = "k_means_pp"
    summary: ClassVar[str] = "Spreads the batch at random, in proportion to squared distances."
    formula: ClassVar[str] = "draw in proportion to w_i min_taken |x_i - x_taken|^2"
    reference: ClassVar[str] = "Arthur and Vassilvitskii, SODA 2007"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "(n + B) N D for n labelled instances"

    weigh_by_score: bool = parameter(False, doc="Weigh each candidate by its score.")

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Draw, again and again; what coincides with others comes last, by value."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        weights = as_weights(candidates["value"], candidates["index"], "k_means_pp") if self.weigh_by_score else None
        seeds = Seeding(points, weights, context.seed, noise.Purpose.CHOICE, context.checkpoint)
        if labelled is not None:
            seeds.nearest.start(labelled)
        while not draft.full:
            position = seeds.draw(draft.open)
            if position is None:
                draft.fill(top.ranking(candidates["value"], candidates["index"]))
                return
            draft.take(position)
            seeds.add(position)
