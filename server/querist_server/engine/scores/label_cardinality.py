"""How unusual the number of labels of an instance is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import labels
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class LabelCardinality(Score):
    """The distance between the number of likely labels and the mean number of labels in the labelled set."""

    name: ClassVar[str] = "label_cardinality"
    summary: ClassVar[str] = "How unusual the number of labels of a multi-label instance is, beside the labelled set."
    formula: ClassVar[str] = "|#{l: p_l > 1/2} - mean labelled cardinality|"
    reference: ClassVar[str] = "Li and Guo, IJCAI 2013"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES, Need.LABELLED_SETS})
    cost: ClassVar[str] = "N L"

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the distance."""
        return labels.cardinality_gap(sent(block.label_probabilities), sent(context.side.labelled_sets))
