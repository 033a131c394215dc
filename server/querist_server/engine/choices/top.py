"""The highest scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, IndexArray, RowChoice
from querist_server.engine.pool import Context


@dataclass(frozen=True)
class Top(RowChoice):
    """Takes the highest scores, ties by the lowest row index."""

    name: ClassVar[str] = "top"
    summary: ClassVar[str] = "The highest scores."
    formula: ClassVar[str] = "score"

    def value(self, scores: FloatArray, rows: IndexArray, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every choice
        """Return the scores."""
        return scores
