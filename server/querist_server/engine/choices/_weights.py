"""Scores as weights."""

from __future__ import annotations

from querist_server.engine.errors import EngineError
from querist_server.engine.part import FloatArray, IndexArray


def as_weights(values: FloatArray, rows: IndexArray, choice: str) -> FloatArray:
    """Return values scaled to at most 1, which changes no choice and keeps sums finite.

    Raises
    ------
    EngineError
        If one is negative.
    """
    if values.min(initial=0.0) < 0:
        position = int((values < 0).argmax())
        message = f"a value is {values[position]:g}; as a weight it must be 0 or more"
        raise EngineError("SCORE_NEGATIVE", message, field=f"plan.choice.{choice}.weigh_by_score", row=int(rows[position]))
    highest = float(values.max(initial=0.0))
    return values / highest if highest > 0 else values
