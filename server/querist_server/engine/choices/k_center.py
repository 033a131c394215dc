"""A batch that leaves no candidate far from it."""

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

TAKEN = -1.0


@dataclass(frozen=True)
class KCenter(SetChoice):
    """Greedy k-center: the best score first, then again and again the candidate farthest from all that were taken."""

    name: ClassVar[str] = "k_center"
    summary: ClassVar[str] = "Spreads the batch over the embeddings, so that no candidate is far from it."
    formula: ClassVar[str] = "argmax_i min_taken |x_i - x_taken|, the first by score"
    reference: ClassVar[str] = "Gonzalez 1985; Sener and Savarese, ICLR 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "B N D"

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the farthest, again and again."""
        points = candidates["embeddings"]
        nearest = np.full(len(points), np.inf)
        nearest[~draft.open] = TAKEN
        position = int(np.where(draft.open, candidates["value"], -np.inf).argmax())
        while not draft.full:
            nearest[draft.take(position)] = TAKEN
            distances.lower_to(nearest, points, points[position])
            position = int(nearest.argmax())
