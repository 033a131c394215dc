"""Expected cost: what the cheapest decision would cost by the caller's cost matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.kernels import uncertainty
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class ExpectedCost(Score):
    """The lowest expected cost of any decision, or how close the two cheapest decisions are."""

    name: ClassVar[str] = "expected_cost"
    summary: ClassVar[str] = "What the cheapest decision would cost, for errors that do not all cost the same."
    formula: ClassVar[str] = "min_j sum_i p_i M[i, j]; margin: lowest minus second lowest"
    reference: ClassVar[str] = "Margineantu, IJCAI 2005; margin: Chen and Lin, TAAI 2013"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.COST_MATRIX})
    cost: ClassVar[str] = "N C^2"

    margin: bool = parameter(False, doc="Score how close the two cheapest decisions are, instead of the cheapest one's cost.")

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the lowest expected cost, or its distance to the second lowest, negated."""
        if context.cost_matrix is None:
            raise AssertionError("expected_cost runs only where a cost matrix was sent")
        costs = uncertainty.expected_costs(block.probabilities, context.cost_matrix)
        if not self.margin:
            return costs.min(axis=1)
        two_lowest = np.partition(costs, 1, axis=1)
        return two_lowest[:, 0] - two_lowest[:, 1]
