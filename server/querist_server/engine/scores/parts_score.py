"""A score of tokens, boxes or pixels, brought together for each instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import ragged
from querist_server.engine.part import FloatArray, IndexArray, Need, PoolScore, Score, parameter
from querist_server.engine.pool import Block, Context, sent
from querist_server.engine.set_score import SetScore

PER_PART = frozenset({Need.PROBABILITIES, Need.COMMITTEE_PROBABILITIES, Need.COMMITTEE, Need.CALLER_SCORES})


@dataclass(frozen=True)
class PartsScore(Score):
    """Another score of each part, and how the parts of an instance are brought together."""

    name: ClassVar[str] = "parts_score"
    summary: ClassVar[str] = "A score of tokens, boxes or pixels, brought together for each instance."
    formula: ClassVar[str] = "aggregate over the parts of score(part)"
    reference: ClassVar[str] = "Settles and Craven, EMNLP 2008; Brust, Kaeding and Denzler, VISAPP 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PARTS})
    cost: ClassVar[str] = "the score of T parts, and T log T"

    score: Score = parameter(doc="The score of a part; one that looks at predictions of single parts.")  # noqa: RUF009 - makes a field
    aggregate: Literal["SUM", "MEAN", "MAX", "TOP_M", "QUANTILE", "COUNT", "BY_CLASS"] = parameter(
        "TOP_M", doc="How parts are brought together."
    )
    top_share: float = parameter(0.1, doc="Share of the parts whose mean is taken, for TOP_M.", minimum=1e-6, maximum=1.0)
    quantile: float = parameter(0.9, doc="Which quantile is taken, for QUANTILE.", minimum=0.0, maximum=1.0)
    threshold: float = parameter(0.5, doc="What a part's value must exceed to be counted, for COUNT.")

    def __post_init__(self) -> None:
        super().__post_init__()
        needs = self.score.required()
        if isinstance(self.score, (PoolScore, SetScore)) or not needs & PER_PART or not needs <= PER_PART | {Need.COST_MATRIX}:
            message = (
                f"{self.score.name} is no score of single parts; allowed are those that look at class probabilities, a committee, or caller"
            )
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="plan.score.parts_score.score")

    def required(self) -> frozenset[Need]:
        """Return that there must be parts, and what else the inner score needs."""
        return self.needs | (self.score.required() - PER_PART)

    def required_of_parts(self) -> frozenset[Need]:
        """Return what must be sent for the parts."""
        by_class = {Need.PROBABILITIES} if self.aggregate == "BY_CLASS" else set()
        return (self.score.required() & PER_PART) | by_class

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the aggregates; 0 for an instance without parts. A part from which a whole committee abstains counts as 0."""
        parts = sent(block.parts)
        if not parts.block.length:
            return np.zeros(block.length)
        values = np.where(parts.block.scorable, self.score.measure(parts.block, context), 0.0)
        return self._brought_together(values, parts.counts, parts.block)

    def _brought_together(self, values: FloatArray, counts: IndexArray, parts: Block) -> FloatArray:
        match self.aggregate:
            case "SUM":
                return ragged.total(values, counts)
            case "MEAN":
                return ragged.mean(values, counts)
            case "MAX":
                return ragged.highest(values, counts)
            case "TOP_M":
                return ragged.mean_of_highest(values, counts, self.top_share)
            case "QUANTILE":
                return ragged.quantile(values, counts, self.quantile)
            case "COUNT":
                return ragged.count_above(values, counts, self.threshold)
            case "BY_CLASS":
                return ragged.mean_by_class(values, counts, parts.probabilities.argmax(axis=1))
