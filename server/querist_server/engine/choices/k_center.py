"""A batch that leaves no candidate far from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import distances
from querist_server.engine.kernels.farthest import Farthest
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class KCenter(SetChoice):
    """Greedy k-center: again and again the candidate farthest from all that are labelled or were taken."""

    name: ClassVar[str] = "k_center"
    summary: ClassVar[str] = "Spreads the batch over the embeddings, so that no candidate is far from it or from the labelled set."
    formula: ClassVar[str] = "argmax_i min_taken |x_i - x_taken|, without a labelled set the first by score"
    reference: ClassVar[str] = "Gonzalez 1985; Sener and Savarese, ICLR 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(n + B) N D for n labelled instances"

    ignored_share: float = parameter(
        0.0, doc="Share of the candidates, the farthest, that are passed over as outliers.", minimum=0.0, maximum=0.5
    )

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the farthest, again and again."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        if self.ignored_share:
            self._choose_without_outliers(candidates, draft, context)
            return
        farthest = Farthest(points, context.checkpoint)
        if labelled is not None:
            farthest.start(labelled)
        while not draft.full:
            if farthest.begun:
                position, squared = farthest.find(draft.open)
                draft.take(position, gain=float(np.sqrt(squared)))
            else:
                position = _first(candidates, draft)
                draft.take(position)
            farthest.add(points[position])

    def _choose_without_outliers(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        nearest = distances.Nearest(points, context.checkpoint)
        if labelled is not None:
            nearest.start(labelled)
        while not draft.full:
            if nearest.centres:
                position = self._without_outliers(nearest.squared, draft.open)
                draft.take(position, gain=float(np.sqrt(nearest.squared[position])))
            else:
                position = _first(candidates, draft)
                draft.take(position)
            nearest.add(points[position])

    def _without_outliers(self, squared: npt.NDArray[np.float64], may: npt.NDArray[np.bool_]) -> int:
        """Return the farthest open candidate that is not among the farthest share of all; if all are, the nearest of them."""
        ignored = int(self.ignored_share * len(squared))
        limit = np.partition(squared, len(squared) - 1 - ignored)[len(squared) - 1 - ignored]
        usual = may & (squared <= limit)
        if usual.any():
            return int(np.where(usual, squared, -np.inf).argmax())
        return int(np.where(may, squared, np.inf).argmin())


def _first(candidates: Mapping[str, npt.NDArray[Any]], draft: Draft) -> int:
    """Return the open candidate with the highest score, which nothing is far from yet."""
    return int(np.where(draft.open, candidates["value"], -np.inf).argmax())
