"""Value per unit of cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.part import FloatArray, Need, RowWeight, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Cost(RowWeight):
    """Divides the score by a power of what the label costs."""

    name: ClassVar[str] = "cost"
    summary: ClassVar[str] = "Favours instances that are cheap to label: the score per unit of cost."
    formula: ClassVar[str] = "cost^-gamma"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.COSTS})

    gamma: float = parameter(1.0, doc="Exponent of the cost.", minimum=0.0, maximum=100.0)

    def factor(self, block: Block, context: Context) -> FloatArray:  # noqa: ARG002 - the same signature for every weight
        """Return the inverse power of the costs."""
        return sent(block.costs) ** -self.gamma
