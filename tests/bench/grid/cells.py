"""What the grid is made of: a data set, a family of models and a size of batches make a cell."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sets
import sklearn
from forest import Forest
from querist.simulation.estimators import described
from querist.simulation.ledger import digest
from querist.simulation.settings import Settings
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

FAMILIES: dict[str, Any] = {
    "linear": LogisticRegression(max_iter=100, tol=1e-3),
    "forest": Forest(),
    "network": MLPClassifier((24,), solver="lbfgs", max_iter=25, alpha=0.1),
}
BUDGETS = {1: 30, 10: 150, 100: 500}
"""Labels that a campaign buys, by the size of its batches."""
MOST_OF_POOL = 0.6
"""At most this share of the pool is bought, so that strategies still differ in the end."""
RUN_VERSION = 1
"""Goes up when runs that are kept say nothing any more of what a run would be."""


@dataclass(frozen=True)
class Cell:
    """A data set, a family of models, and how many are labelled at a time."""

    data: str
    family: str
    batch: int

    @property
    def classes(self) -> int:
        """Of the data set."""
        return int(sets.table(self.data)[1].max()) + 1

    @property
    def settings(self) -> Settings:
        """A third of the rows measures; a campaign begins with one label of each class."""
        rows = len(sets.table(self.data)[1])
        test = rows // 3
        budget = min(BUDGETS[self.batch], int(MOST_OF_POOL * (rows - test - self.classes)))
        return Settings(budget // self.batch, self.batch, self.classes, test, 0, sets.SOURCES[self.data].score, None)

    @property
    def labelled(self) -> list[int]:
        """How many have labels when each batch is chosen."""
        settings = self.settings
        return [settings.start + number * settings.batch for number in range(settings.rounds)]

    @property
    def key(self) -> str:
        """What changes if anything does on which the cell's runs depend, but for the strategies themselves."""
        about = (RUN_VERSION, *map(digest, sets.table(self.data)), described(FAMILIES[self.family]), self.settings, np.__version__)
        return hashlib.sha256(repr((*about, sklearn.__version__)).encode()).hexdigest()[:16]


def all_cells() -> Iterator[Cell]:
    """Give all cells."""
    return itertools.starmap(Cell, itertools.product(sets.SOURCES, FAMILIES, BUDGETS))
