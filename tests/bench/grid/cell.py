"""A cell of the grid, by what a policy may know of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A data set, a family of models, and how many are labelled at a time; a campaign begins with one label of each class.

    Attributes
    ----------
    data, family : str
    batch : int
    classes : int
        Of the data set.
    rounds : int
        Batches of a campaign.
    """

    data: str
    family: str
    batch: int
    classes: int
    rounds: int

    @property
    def labelled(self) -> list[int]:
        """How many have labels when each batch is chosen."""
        return [self.classes + number * self.batch for number in range(self.rounds)]
