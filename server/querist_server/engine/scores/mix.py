"""A weighted sum of several scores on a common scale."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import top
from querist_server.engine.part import FloatArray, Merge, Need, PoolScore, Score, parameter
from querist_server.engine.pool import Block, Context, Side
from querist_server.engine.set_score import SetScore

FEWEST_PARTS, MOST_PARTS = 2, 16


@dataclass(frozen=True)
class MixPart:
    """One score of a mix and its factor in the sum."""

    score: Score
    weight: float = parameter(1.0, doc="Factor in the sum; finite and above 0.")


@dataclass(frozen=True)
class Mix(PoolScore):
    """Several scores, each brought to a common scale over all candidates, then summed by weight."""

    name: ClassVar[str] = "mix"
    summary: ClassVar[str] = "A weighted sum of several scores on a common scale."
    formula: ClassVar[str] = "sum_i weight_i scale(score_i)"
    merge: ClassVar[Merge] = Merge.GLOBAL
    cost: ClassVar[str] = "the parts, and N log N for ranks"

    parts: tuple[MixPart, ...] = parameter(doc="The scores that are mixed: 2 to 16, none itself a mix.")
    scale: Literal["RANK", "MIN_MAX", "Z_SCORE"] = parameter(doc="How each score is brought to a common scale.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not FEWEST_PARTS <= len(self.parts) <= MOST_PARTS:
            message = f"a mix has {len(self.parts)} parts; allowed are {FEWEST_PARTS} to {MOST_PARTS}"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="plan.score.mix.parts")
        for position, part in enumerate(self.parts):
            where = f"plan.score.mix.parts[{position}]"
            if isinstance(part.score, (PoolScore, SetScore)):
                message = f"{part.score.name} is known only when all candidates were seen; allowed are scores of single rows"
                raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"{where}.score")
            if not (np.isfinite(part.weight) and part.weight > 0):
                message = f"weight is {part.weight}; allowed is a finite number above 0"
                raise EngineError("VALUE_OUT_OF_RANGE", message, field=f"{where}.weight")

    def required(self) -> frozenset[Need]:
        """Return what any of the parts needs."""
        return frozenset().union(*(part.score.required() for part in self.parts))

    def surrogate(self, side: Side) -> bool:
        """Tell whether any of the parts fits a model of its own."""
        return any(part.score.surrogate(side) for part in self.parts)

    def settled(self, side: Side, classes: int) -> Mix:
        """Return the mix of the settled parts."""
        parts = tuple(dataclasses.replace(part, score=part.score.settled(side, classes)) for part in self.parts)
        return dataclasses.replace(self, parts=parts)

    def repeatable(self) -> bool:
        """Tell whether all parts are."""
        return all(part.score.repeatable() for part in self.parts)

    @property
    def component_names(self) -> tuple[str, ...]:
        """The parts' names, a repeated one with its number."""
        names = [part.score.name for part in self.parts]
        return tuple(name if names.count(name) == 1 else f"{name}[{position}]" for position, name in enumerate(names))

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the raw scores of the parts, shape (n, parts)."""
        return np.stack([part.score.measure(block, context) for part in self.parts], axis=1)

    def combine(self, raw: FloatArray) -> FloatArray:
        """Return the weighted sum of the scaled parts over all candidates."""
        total = np.zeros(len(raw))
        for column, part in enumerate(self.parts):
            total += part.weight * self._scaled(raw[:, column])
        return total

    def _scaled(self, values: FloatArray) -> FloatArray:
        if self.scale == "RANK":
            return top.rank_shares(values)
        low, high = float(values.min()), float(values.max())
        if low == high:
            return np.zeros_like(values)
        small = -math.frexp(max(abs(low), abs(high)))[1]  # an exact power of two, so that squares and ranges do not overflow
        values, low, high = np.ldexp(values, small), math.ldexp(low, small), math.ldexp(high, small)
        if self.scale == "MIN_MAX":
            return (values - low) / (high - low)
        return (values - values.mean()) / values.std()
