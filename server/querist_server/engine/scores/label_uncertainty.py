"""How open the labels of a multi-label instance are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import labels
from querist_server.engine.part import FloatArray, Need, Score, parameter
from querist_server.engine.pool import Block, Context, sent

AGGREGATES = ("MEAN", "MAX", "TOP_M")


@dataclass(frozen=True)
class LabelUncertainty(Score):
    """A measure of each label's openness, brought together over the labels."""

    name: ClassVar[str] = "label_uncertainty"
    summary: ClassVar[str] = "How open the labels of a multi-label instance are: the mean, highest, or mean of the highest few."
    formula: ClassVar[str] = "aggregate_l of 1 - |2 p_l - 1|, or of the entropy of p_l"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.LABEL_PROBABILITIES})
    cost: ClassVar[str] = "N L"

    label_measure: Literal["MARGIN", "ENTROPY"] = parameter("MARGIN", doc="What is measured of each label.")
    aggregate: Literal["MEAN", "MAX", "TOP_M"] = parameter("MEAN", doc="How the labels are brought together.")
    m: int = parameter(3, doc="Number of labels with the highest measure whose mean is taken, for TOP_M.", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.aggregate not in AGGREGATES:
            message = f"aggregate is {self.aggregate}; for labels {', '.join(AGGREGATES)} are allowed"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="plan.score.label_uncertainty.aggregate")

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the aggregate of the labels' openness."""
        probabilities = sent(block.label_probabilities)
        each = 1 - labels.margins(probabilities) if self.label_measure == "MARGIN" else labels.entropies(probabilities)
        return labels.mean_of_highest(each, {"MEAN": each.shape[1], "MAX": 1, "TOP_M": self.m}[self.aggregate])
