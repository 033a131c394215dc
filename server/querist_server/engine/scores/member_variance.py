"""What the members of a regression committee disagree about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class MemberVariance(Score):
    """The weighted variance of the members' predicted values, also called ambiguity."""

    name: ClassVar[str] = "member_variance"
    summary: ClassVar[str] = "Query by committee for regression: the variance of the members' values."
    formula: ClassVar[str] = "sum_k w_k (f_k - mean)^2"
    reference: ClassVar[str] = "Krogh and Vedelsby, NIPS 1995; Burbidge, Rowland and King, IDEAL 2007"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COMMITTEE_VALUES})
    cost: ClassVar[str] = "N K"

    unbiased: bool = parameter(False, doc="Divide by 1 - sum of the squared weights; 0 with one member.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the weighted variance over the members."""
        values, weights = sent(block.member_values).astype(np.float64), context.weights
        mean = sum(weight * value for weight, value in zip(weights, values, strict=True))
        variance = np.zeros(block.length)
        for weight, value in zip(weights, values, strict=True):
            variance += weight * (value - mean) ** 2
        if not self.unbiased:
            return variance
        rest = 1 - float((weights * weights).sum())
        return variance / rest if rest > 0 else np.zeros(block.length)
