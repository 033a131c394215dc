"""Random draws by the inverse rank, which no rescaling of the score can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.draft import Draft
from querist_server.engine.kernels import noise, top
from querist_server.engine.part import FloatArray, IndexArray, Merge, SetChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Softrank(SetChoice):
    """Draws without replacement with probability proportional to rank^-beta, by the Gumbel-top-k trick."""

    name: ClassVar[str] = "softrank"
    summary: ClassVar[str] = "Draws by the inverse rank, which no rescaling of the score can change."
    formula: ClassVar[str] = "-log(rank) + Gumbel / beta"
    reference: ClassVar[str] = "Kirsch et al., TMLR 2023"
    merge: ClassVar[Merge] = Merge.GLOBAL
    deterministic: ClassVar[bool] = False
    cost: ClassVar[str] = "N log N"

    beta: float = parameter(1.0, doc="Inverse temperature: small is close to random, large close to top.", minimum=1e-6, maximum=1e6)

    def choose(self, candidates: Mapping[str, npt.NDArray[Any]], draft: Draft, context: Context) -> None:
        """Take the highest perturbed inverse ranks."""
        rows = candidates["index"]
        values = -_log_ranks(candidates["value"], rows) + noise.gumbel(context.seed, rows) / self.beta
        draft.fill(top.top(values, rows, len(rows) if draft.bound else draft.wanted))

    def log_weights(self, values: FloatArray, rows: IndexArray) -> FloatArray:
        """Return the logarithms of rank^-beta."""
        return -self.beta * _log_ranks(values, rows)


def _log_ranks(values: FloatArray, rows: IndexArray) -> FloatArray:
    ranks = np.empty(len(rows), np.float64)
    ranks[top.ranking(values, rows)] = np.arange(1, len(rows) + 1)
    return np.log(ranks)
