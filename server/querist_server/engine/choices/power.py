"""Random draws by a power of the score: the cheap way to a diverse batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.errors import EngineError
from querist_server.engine.kernels import noise
from querist_server.engine.part import FloatArray, IndexArray, RowChoice, parameter
from querist_server.engine.pool import Context

BELOW_ALL_POSITIVE = -1e12
"""Where rows with score 0 are put: below any log score plus noise that the bounds of beta allow, with room for noise among them."""


@dataclass(frozen=True)
class Power(RowChoice):
    """Draws without replacement with probability proportional to score^beta, by the Gumbel-top-k trick."""

    name: ClassVar[str] = "power"
    summary: ClassVar[str] = (
        "Draws by a power of the score: as good as costly diverse batches in the authors' trials, at the price of a sort."
    )
    formula: ClassVar[str] = "log(score) + Gumbel / beta"
    reference: ClassVar[str] = "Kirsch et al., TMLR 2023"
    deterministic: ClassVar[bool] = False

    beta: float = parameter(1.0, doc="Inverse temperature: small is close to random, large close to top.", minimum=1e-6, maximum=1e6)

    def value(self, scores: FloatArray, rows: IndexArray, context: Context) -> FloatArray:
        """Return the perturbed log scores."""
        if scores.min(initial=0.0) < 0:
            position = int((scores < 0).argmax())
            message = f"a score is {scores[position]:g}; the choice power needs scores of 0 or more"
            raise EngineError("SCORE_NEGATIVE", message, field="plan.choice.power", row=int(rows[position]))
        return _levels(scores) + noise.gumbel(context.seed, rows) / self.beta

    def log_weights(self, values: FloatArray, rows: IndexArray) -> FloatArray:  # noqa: ARG002 - the same signature for every choice
        """Return the logarithms of score^beta."""
        return self.beta * _levels(values)

    def remarks(self, chosen_scores: FloatArray) -> list[tuple[str, str]]:
        """Say so if rows with score 0 had to be taken."""
        zeros = int((chosen_scores == 0).sum())
        if not zeros:
            return []
        return [("ZERO_SCORES_DRAWN", f"{zeros} of {len(chosen_scores)} chosen instances have score 0: too few have a score above 0")]


def _levels(scores: FloatArray) -> FloatArray:
    """Return log scores, and for scores of 0 what lies below all of these."""
    positive = scores > 0
    return np.where(positive, np.log(np.where(positive, scores, 1.0)), BELOW_ALL_POSITIVE)
