"""The farthest of the largest cluster, for regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import distances
from querist_server.engine.part import Merge, Need, SetChoice
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Lcmd(SetChoice):
    """Largest cluster maximum distance: clusters are what is nearest to each labelled or taken instance."""

    name: ClassVar[str] = "lcmd"
    summary: ClassVar[str] = "For regression: takes the farthest instance of the cluster with the largest sum of squared distances."
    formula: ClassVar[str] = "argmax of |x_i - x_c|^2 in the cluster c with the largest sum of |x_j - x_c|^2"
    reference: ClassVar[str] = "Holzmueller, Zaverkin, Kaestner and Steinwart, JMLR 2023"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(n + B) N D for n labelled instances"

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the farthest of the largest cluster, again and again."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        nearest = distances.Nearest(points, context.checkpoint)
        if labelled is not None:
            nearest.start(labelled)
        while not draft.full:
            if nearest.centres:
                position = self._farthest(nearest, draft.open)
            else:
                position = int(np.where(draft.open, candidates["value"], -np.inf).argmax())
            draft.take(position, gain=float(nearest.squared[position]) if nearest.centres else np.nan)
            nearest.add(points[position])

    @staticmethod
    def _farthest(nearest: distances.Nearest, may: npt.NDArray[np.bool_]) -> int:
        """Return the farthest open candidate of the largest cluster that has one."""
        mass = np.bincount(nearest.owner, nearest.squared, minlength=nearest.centres)
        inhabited = np.bincount(nearest.owner[may], minlength=nearest.centres) > 0
        largest = int(np.where(inhabited, mass, -np.inf).argmax())
        return int(np.where(may & (nearest.owner == largest), nearest.squared, -np.inf).argmax())
