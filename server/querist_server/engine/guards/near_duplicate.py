"""Instances that are almost the same as another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import duplicates
from querist_server.engine.kernels.vectors import blocks, inverse_lengths
from querist_server.engine.part import Guard, IndexArray, Merge, Need, Suspects, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class NearDuplicate(Guard):
    """Compares embeddings by their cosine: with the labelled set, with the batch as it grows, or with all candidates."""

    name: ClassVar[str] = "near_duplicate"
    summary: ClassVar[str] = "Puts instances aside that are almost the same as a labelled one, another candidate, or one of the batch."
    formula: ClassVar[str] = "cos(x, y) >= similarity"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(n + B) N D for n labelled instances; N^2 D for of_pool"

    similarity: float = parameter(0.98, doc="Least cosine similarity of a duplicate.", minimum=0.0, maximum=1.0)
    of_labelled: bool = parameter(True, doc="Look among the labelled set, if it was sent.")
    of_batch: bool = parameter(True, doc="Look among the batch as it grows.")
    of_pool: bool = parameter(False, doc="Look among all candidates.")

    @property
    def looks_at_pool(self) -> bool:
        """Whether candidates are compared with each other."""
        return self.of_pool

    @property
    def looks_at_batch(self) -> bool:
        """Whether candidates are compared with the batch."""
        return self.of_batch

    def row_suspects(self, block: Block, context: Context) -> list[Suspects]:
        """Return duplicates of labelled instances."""
        labelled = context.side.labelled_embeddings
        if not self.of_labelled or labelled is None:
            return []
        likeness = duplicates.likeness(sent(block.embeddings), labelled, context.checkpoint)
        positions = np.flatnonzero(duplicates.reached(likeness.astype(labelled.dtype), self.similarity))
        return [Suspects("DUPLICATE_OF_LABELLED", positions, likeness[positions])]

    def pool_suspects(self, candidates: Mapping[str, npt.NDArray[Any]], context: Context) -> list[Suspects]:
        """Return duplicates of candidates with a lower row index."""
        repeated, likeness = duplicates.repeats(candidates["embeddings"], self.similarity, context.checkpoint)
        positions = np.flatnonzero(repeated)
        return [Suspects("DUPLICATE_IN_POOL", positions, likeness[positions])]

    def watch(
        self,
        candidates: Mapping[str, npt.NDArray[Any]],
        before: Mapping[str, npt.NDArray[Any]] | None,
        context: Context,
    ) -> _Batch:
        """Return what compares candidates with each instance that is taken."""
        return _Batch(candidates["embeddings"], None if before is None else before["embeddings"], self.similarity, context)


class _Batch:
    """Looks for duplicates of each instance that is taken, in one pass over the candidates."""

    reason = "DUPLICATE_IN_BATCH"

    def __init__(self, points: npt.NDArray[Any], before: npt.NDArray[Any] | None, similarity: float, context: Context) -> None:
        self._points, self._before = points, before
        self._similarity, self._context = similarity, context
        self._scale = np.concatenate([inverse_lengths(points[rows]) for rows in blocks(points, context.checkpoint)])

    def closed_from_the_start(self) -> IndexArray:
        """Return duplicates of what is in the batch already."""
        if self._before is None or not len(self._before):
            return np.empty(0, np.int64)
        likeness = duplicates.likeness(self._points, self._before, self._context.checkpoint)
        return np.flatnonzero(duplicates.reached(likeness.astype(self._points.dtype), self._similarity))

    def closed_by(self, position: int) -> IndexArray:
        """Return duplicates of one candidate."""
        alike = np.zeros(len(self._points), bool)
        taken = self._points[position]
        for rows in blocks(self._points, self._context.checkpoint):
            if self._scale[position]:
                cosines = (self._points[rows] @ (taken * self._scale[position])) * self._scale[rows]
                cosines[self._scale[rows] == 0] = -1
            else:  # zeros, or nearly: their direction is found the long way
                cosines = duplicates.directions(self._points[rows]) @ duplicates.counterparts(taken[None])[0]
            alike[rows] = duplicates.reached(cosines, self._similarity)
        return np.flatnonzero(alike)
