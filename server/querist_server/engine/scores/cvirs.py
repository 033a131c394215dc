"""Every label's ranking and the label sets of the labelled set together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import labels, top
from querist_server.engine.part import FloatArray, Merge, Need, PoolScore
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Cvirs(PoolScore):
    """Category vector inconsistency and ranking of scores: how openly each label ranks, times how unlike known label sets it looks.

    Of each candidate one margin a label is kept, since ranks are over all candidates.
    """

    name: ClassVar[str] = "cvirs"
    summary: ClassVar[str] = (
        "Ranks a multi-label instance by every label, times the distance of its label set to those of the labelled set."
    )
    formula: ClassVar[str] = "mean_l (N - rank_l) / (N - 1) x mean entropy distance to labelled sets"
    reference: ClassVar[str] = "Reyes, Morell and Ventura, Neurocomputing 2018"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES, Need.LABELLED_SETS})
    merge: ClassVar[Merge] = Merge.GLOBAL
    keeps: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES})
    cost: ClassVar[str] = "N L (n + log N) for n labelled instances"

    @property
    def component_names(self) -> tuple[str, ...]:
        """The inconsistency; the margins that are kept behind it are no component."""
        return ("inconsistency",)

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the inconsistency and the margins of all labels, shape (n, 1 + L)."""
        probabilities = sent(block.label_probabilities)
        inconsistency = labels.inconsistency(probabilities, sent(context.side.labelled_sets))
        return np.column_stack((inconsistency, labels.margins(probabilities)))

    def combine(self, raw: FloatArray) -> FloatArray:
        """Return the product of both numbers."""
        highest = len(raw) - 1
        if not highest:
            return raw[:, 0].copy()
        openness = np.zeros(len(raw))
        for column in raw[:, 1:].T:
            openness += (highest - top.mean_ranks(column)) / highest
        return openness / (raw.shape[1] - 1) * raw[:, 0]
