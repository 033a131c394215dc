"""What campaigns with a random share came to, and the file that keeps it."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("shares.csv")
BATCH, ROUNDS, LATEST = 20, 10, 5
"""Errors are those of the last so many rounds."""
RARE = 8
SHARES = (0.0, 0.05, 0.1, 0.2)
STRATEGIES = ("power_margin", "uherding")


@dataclass(frozen=True)
class Found:
    """What a campaign came to.

    Attributes
    ----------
    area : float
        Mean accuracy over all rounds.
    until : int
        Labels bought until the rare class was known; one batch more than there were if it never was.
    error : float
        Of the models of the last rounds, over what was left of the pool.
    by_random, by_all : float
        The same by the new labels that were drawn at random (NaN without), and by all new labels.
    """

    data: str
    family: str
    strategy: str
    share: float
    seed: int
    area: float
    until: int
    error: float
    by_random: float
    by_all: float


def read() -> list[Found]:
    """Read what was found."""
    with FILE.open(encoding="utf-8", newline="") as file:
        kinds = (str, str, str, float, int, float, int, float, float, float)
        return [Found(*(kind(cell) for kind, cell in zip(kinds, row, strict=True))) for row in itertools.islice(csv.reader(file), 1, None)]
