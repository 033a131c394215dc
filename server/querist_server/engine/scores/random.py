"""A uniform random value: the control that every other score has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import noise
from querist_server.engine.part import FloatArray, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class Random(Score):
    """Uniform in (0, 1), a function of the seed and the row index alone."""

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "A uniform random value; the control that every other score has to beat."
    formula: ClassVar[str] = "u(seed, row)"
    deterministic: ClassVar[bool] = False
    uniform: ClassVar[bool] = True

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the row's random number."""
        return noise.uniform(context.seed, noise.Purpose.SCORE, block.rows)
