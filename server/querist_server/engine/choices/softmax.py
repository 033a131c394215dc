"""Random draws by the exponential of the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.kernels import noise
from querist_server.engine.part import FloatArray, IndexArray, RowChoice, parameter
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Softmax(RowChoice):
    """Draws without replacement with probability proportional to exp(beta x score), by the Gumbel-top-k trick."""

    name: ClassVar[str] = "softmax"
    summary: ClassVar[str] = "Draws by the exponential of the score."
    formula: ClassVar[str] = "score + Gumbel / beta"
    reference: ClassVar[str] = "Kirsch et al., TMLR 2023"
    deterministic: ClassVar[bool] = False

    beta: float = parameter(1.0, doc="Inverse temperature, in units of one over the score.", minimum=1e-6, maximum=1e6)

    def value(self, scores: FloatArray, rows: IndexArray, context: Context) -> FloatArray:
        """Return the perturbed scores."""
        return scores + noise.gumbel(context.seed, rows) / self.beta

    def log_weights(self, values: FloatArray, rows: IndexArray) -> FloatArray:  # noqa: ARG002 - the same signature for every choice
        """Return beta times the scores."""
        return self.beta * values
