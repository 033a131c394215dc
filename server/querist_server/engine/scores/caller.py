"""The caller's own score, for strategies that Querist does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, Score
from querist_server.engine.pool import Block, Context


@dataclass(frozen=True)
class CallerScore(Score):
    """The caller's own value of each instance, as it is."""

    name: ClassVar[str] = "caller"
    summary: ClassVar[str] = "The caller's own score, to be combined with any choice."
    formula: ClassVar[str] = "as sent"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CALLER_SCORES})

    def measure(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every score
        """Return the score that was sent."""
        if block.caller_scores is None:
            raise AssertionError("caller runs only where scores were sent")
        return block.caller_scores.astype(float)
