"""The loss over all labels that a label set would remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import labels
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Mmc(Score):
    """Maximum loss reduction with maximal confidence: the model's expected loss over all labels under its own most confident label set."""

    name: ClassVar[str] = "mmc"
    summary: ClassVar[str] = "The expected reduction of the loss over all labels of a multi-label instance."
    formula: ClassVar[str] = "sum_l (1 - y_l (2 p_l - 1)) / 2, y_l = 1 for the max(1, #{p > 1/2}) likeliest, else -1"
    reference: ClassVar[str] = "Yang et al., KDD 2009"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES})
    cost: ClassVar[str] = "N L log L"

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the expected loss reduction."""
        return labels.loss_reduction(sent(block.label_probabilities))
