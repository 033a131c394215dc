"""Likeness to instances that are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels.vectors import unit_rows
from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Gcmi(Score):
    """The mean similarity to the wanted examples, less that to the unwanted ones."""

    name: ClassVar[str] = "gcmi"
    summary: ClassVar[str] = "The similarity to instances that are wanted, less that to unwanted ones if there are any."
    formula: ClassVar[str] = "mean_wanted (1 + cos) / 2 - mean_unwanted (1 + cos) / 2"
    reference: ClassVar[str] = "Kothawade et al., NeurIPS 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS, Need.WANTED})
    cost: ClassVar[str] = "N D"

    def measure(self, block: Block, context: Context) -> FloatArray:
        """Return the similarities; that to the mean of unit vectors is the mean similarity to all of them."""
        direction = _mean_direction(sent(context.side.wanted))
        constant = 0.5
        if context.side.unwanted is not None:
            direction = direction - _mean_direction(context.side.unwanted)
            constant = 0.0
        unit = unit_rows(sent(block.embeddings)).astype(np.float64)
        return constant + np.einsum("ij,j->i", unit, direction) / 2


def _mean_direction(examples: npt.NDArray[Any]) -> FloatArray:
    return unit_rows(examples).astype(np.float64).sum(axis=0) / len(examples)
