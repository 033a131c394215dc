"""Mean disagreement: how likely two members are to vote differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class MeanDisagreement(Score):
    """Probability that two different members, drawn by weight, vote for different classes."""

    name: ClassVar[str] = "mean_disagreement"
    summary: ClassVar[str] = "How likely two members are to vote differently."
    formula: ClassVar[str] = "(1 - sum_c v_c^2) / (1 - sum_k w_k^2)"
    reference: ClassVar[str] = "Melville and Mooney, ICML 2004; weighted form derived here"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE})
    cost: ClassVar[str] = "K N C"

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the probability of a disagreement; 0 where a single member votes."""
        agreement = (block.cast_votes.shares**2).sum(axis=1)
        different_pairs = 1 - block.cast_votes.concentration
        alone = different_pairs <= np.finfo(float).eps
        return np.where(alone, 0.0, (1 - agreement) / np.where(alone, 1.0, different_pairs))
