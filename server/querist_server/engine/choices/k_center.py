"""A batch that leaves no candidate far from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import distances, top
from querist_server.engine.part import IndexArray, Merge, Need, SetChoice
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

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], count: int, context: Context) -> IndexArray:
        """Return the positions in the order they were taken."""
        points = candidates["embeddings"]
        taken = np.empty(count, np.int64)
        taken[0] = top.top(candidates["score"], candidates["index"], 1)[0]
        nearest = np.full(len(points), np.inf)
        for step in range(1, count):
            context.checkpoint()
            distances.lower_to(nearest, points, points[taken[step - 1]])
            nearest[taken[step - 1]] = TAKEN
            taken[step] = nearest.argmax()
        return taken
