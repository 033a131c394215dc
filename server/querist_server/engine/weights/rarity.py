"""More weight for classes with few labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.part import FloatArray, Need, RowWeight, parameter
from querist_server.engine.pool import Block, Context, sent


@dataclass(frozen=True)
class Rarity(RowWeight):
    """The expected inverse frequency of the instance's class in the labelled set, with one label added to each class."""

    name: ClassVar[str] = "rarity"
    summary: ClassVar[str] = "Favours instances of classes that have few labels."
    formula: ClassVar[str] = "sum_c p_c ((n + C) / (C (n_c + 1)))^gamma"
    reference: ClassVar[str] = "Brust, Kaeding and Denzler, VISAPP 2019"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES, Need.LABELLED_CLASSES})
    cost: ClassVar[str] = "N C"

    gamma: float = parameter(1.0, doc="Exponent of the inverse frequency.", minimum=0.0, maximum=100.0)

    def factor(self, block: Block, context: Context) -> FloatArray:
        """Return the expected inverse frequencies."""
        counts = np.bincount(sent(context.side.labelled_classes), minlength=context.classes)
        inverse = ((counts.sum() + context.classes) / (context.classes * (counts + 1))) ** self.gamma
        total = np.zeros(block.length)
        for column, weight in enumerate(inverse.tolist()):
            total += weight * block.probabilities[:, column].astype(np.float64)
        return total
