"""Among whom neighbours are looked for: the labelled set and the candidates, or a random draw of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import noise, top
from querist_server.engine.kernels.neighbours import nearest
from querist_server.engine.part import FloatArray, IndexArray
from querist_server.engine.pool import Context


@dataclass(frozen=True, eq=False)
class Reference:
    """Points among which neighbours are looked for.

    Attributes
    ----------
    points : ndarray of shape (m, D)
        Labelled instances first, then candidates by rising row index.
    own : ndarray of shape (n,), int64
        Position among the points of each candidate; -1 where it is none of them.
    """

    points: npt.NDArray[Any]
    own: IndexArray

    @classmethod
    def among(cls, candidates: Mapping[str, npt.NDArray[Any]], most: int, context: Context) -> Reference:
        """Return the labelled set and the candidates, or a random draw of so many candidates if there are more."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        before = 0 if labelled is None else len(labelled)
        own = np.full(len(points), -1)
        drawn = np.arange(len(points))
        if len(points) > most:
            rows = candidates["index"]
            drawn = np.sort(top.top(noise.uniform(context.seed, noise.Purpose.REFERENCE, rows), rows, most))
        own[drawn] = before + np.arange(len(drawn))
        pieces = [points[drawn] if len(drawn) < len(points) else points]
        return cls(np.concatenate([labelled, *pieces]) if labelled is not None else pieces[0], own)

    def neighbours(self, queries: npt.NDArray[Any], own: IndexArray, count: int, context: Context) -> tuple[FloatArray, IndexArray]:
        """Return distances and positions of the nearest points, at most so many; queries are no neighbours of their own."""
        return nearest(queries, self.points, min(count, len(self.points) - 1), context.checkpoint, own)
