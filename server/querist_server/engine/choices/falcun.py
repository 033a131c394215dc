"""Diversity in what the model says, without embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, sampling, top
from querist_server.engine.kernels.vectors import blocks
from querist_server.engine.part import FloatArray, Merge, Need, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Falcun(SetChoice):
    """Draws by uncertainty plus distance in the class probabilities to what was taken."""

    name: ClassVar[str] = "falcun"
    summary: ClassVar[str] = "Spreads the batch over the class probabilities by random draws; diversity without embeddings."
    formula: ClassVar[str] = "draw in proportion to (u + d)^gamma, d = min_taken |p - p_taken|_1 scaled to 0..1"
    reference: ClassVar[str] = "Gilhuber et al., ECML PKDD 2024"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    merge: ClassVar[Merge] = Merge.SEQUENTIAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "B N C"

    gamma: float = parameter(10.0, doc="How greedy the draws are.", minimum=0.0, maximum=100.0)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Draw, again and again."""
        probabilities = candidates["probabilities"]
        uncertainty = _scaled(candidates["value"])
        nearest = uncertainty.copy()
        draws = noise.uniform(context.seed, noise.Purpose.CHOICE, np.arange(draft.count))
        step = 0
        while not draft.full:
            relevance = np.where(draft.open, uncertainty + _scaled(nearest), 0.0)
            relevance /= max(float(relevance.max()), np.finfo(np.float64).tiny)  # a common factor changes no draw
            position = sampling.draw(np.where(draft.open, relevance**self.gamma, 0.0), draws[step])
            if position is None:
                draft.fill(top.ranking(candidates["value"], candidates["index"]))
                return
            draft.take(position)
            np.minimum(nearest, _gaps(probabilities, position, context), out=nearest)
            step += 1


def _scaled(values: FloatArray) -> FloatArray:
    """Return values brought to 0..1; zeros where all are equal."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def _gaps(probabilities: npt.NDArray[Any], position: int, context: Context) -> FloatArray:
    """Return the sum of absolute differences of each row to one."""
    gaps = np.empty(len(probabilities))
    for rows in blocks(probabilities, context.checkpoint):
        gaps[rows] = np.abs(probabilities[rows] - probabilities[position]).sum(axis=1, dtype=np.float64)
    return gaps
