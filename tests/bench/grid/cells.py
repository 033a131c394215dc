"""What the grid is made of: all data sets, families of models and sizes of batches."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import sets
import sklearn
from cell import Cell
from forest import Forest
from querist.simulation.estimators import described
from querist.simulation.ledger import digest
from querist.simulation.settings import Settings
from querist.simulation.trial import Contestant, Trial
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

FAMILIES: dict[str, Any] = {
    "linear": LogisticRegression(max_iter=100, tol=1e-3),
    "forest": Forest(),
    "network": MLPClassifier((24,), solver="lbfgs", max_iter=25, alpha=0.1),
}
BUDGETS = {1: 20, 10: 150, 100: 500}
"""Labels that a campaign buys, by the size of its batches."""
TEST_SHARE = 3
"""One in so many rows measures."""
MOST_OF_POOL = 0.6
"""At most this share of the pool is bought, so that strategies still differ in the end."""
RUN_VERSION = 1
"""Goes up when runs that are kept say nothing any more of what a run would be."""


def all_cells() -> Iterator[Cell]:
    """Give all cells."""
    for data, family, (batch, budget) in itertools.product(sets.SOURCES, FAMILIES, BUDGETS.items()):
        labels = sets.table(data)[1]
        classes = int(labels.max()) + 1
        pool = len(labels) - len(labels) // TEST_SHARE - classes
        yield Cell(data, family, batch, classes, min(budget, int(MOST_OF_POOL * pool)) // batch)


@cache
def trial(cell: Cell, embeddings: bool) -> Trial:
    """Return what replays a cell's campaigns; the contestant is called "arm"."""
    features, labels = sets.table(cell.data)
    contestant = {"arm": Contestant("what the arm says", embeddings=embeddings)}
    return Trial(features, labels, features, FAMILIES[cell.family], contestant, "none", _settings(cell))


@cache
def key(cell: Cell) -> str:
    """Return what changes if anything does on which the cell's runs depend, but for the strategies themselves."""
    about = (RUN_VERSION, *map(digest, sets.table(cell.data)), described(FAMILIES[cell.family]), _settings(cell), np.__version__)
    return hashlib.sha256(repr((*about, sklearn.__version__)).encode()).hexdigest()[:16]


def _settings(cell: Cell) -> Settings:
    source, rows = sets.SOURCES[cell.data], len(sets.table(cell.data)[1])
    return Settings(cell.rounds, cell.batch, cell.classes, rows // TEST_SHARE, 0, source.score, None)
