"""Worth labelling, and unlike what was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import top
from querist_server.engine.kernels.vectors import blocks, cosines, highest_cosines, inverse_lengths
from querist_server.engine.part import Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Mmr(SetChoice):
    """Maximal marginal relevance: the rank of the score against the highest cosine to what was taken or is labelled."""

    name: ClassVar[str] = "mmr"
    summary: ClassVar[str] = "Weighs the score against the similarity to what was taken or is labelled."
    formula: ClassVar[str] = "argmax_i trade_off rank(score_i) - (1 - trade_off) max_taken cos(x_i, x_taken)"
    reference: ClassVar[str] = "Carbonell and Goldstein, SIGIR 1998"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    cost: ClassVar[str] = "(n + B) N D for n labelled instances"

    trade_off: float = parameter(0.5, doc="Share of the score: 0 is diversity alone, 1 the score alone.", minimum=0.0, maximum=1.0)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the highest trade-off, again and again."""
        points, labelled = candidates["embeddings"], context.side.labelled_embeddings
        worth = self.trade_off * top.rank_shares(candidates["value"])
        scale = np.concatenate([inverse_lengths(points[rows]) for rows in blocks(points, context.checkpoint)])
        nearest = None if labelled is None else highest_cosines(points, scale, labelled, context.checkpoint)
        while not draft.full:
            value = worth if nearest is None else worth - (1 - self.trade_off) * nearest
            position = int(np.where(draft.open, value, -np.inf).argmax())
            draft.take(position, gain=float(value[position]))
            alike = cosines(points, scale, points[position] * scale[position], context.checkpoint)
            nearest = alike if nearest is None else np.maximum(nearest, alike)
