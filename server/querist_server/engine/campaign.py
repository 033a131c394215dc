"""A campaign as far as its rounds so far: what criteria look back at. It travels with the caller, as the contract's `CampaignRecord`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MOST_ROUNDS, ALWAYS_KEPT = 512, 16
"""Rounds of which all is kept, and how many of the first are never dropped."""
MODELS = 3
"""How many models' predictions of the stop set are kept."""
MOST_SCREENED = 2**19
ABSENT = -1
"""Stands for the class of an instance of the stop set that was not there."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round; fields are those of the contract's `RoundRecord`, None for what is not known."""

    number: int
    labelled: int
    cost: float | None = None
    batch_labelled: int | None = None
    batch_correct: int | None = None
    error: float | None = None
    standard_error: float | None = None
    error_source: str | None = None
    unlabelled: int | None = None
    selected: int | None = None
    uncertainty: float | None = None
    expected_error: float | None = None
    expected_error_deviation: float | None = None
    expected_f: float | None = None
    calibrated: bool = False
    changed: float | None = None
    kappa: float | None = None
    delta_f: float | None = None
    compared: int = 0
    stability: float | None = None
    choice: str = ""
    least_gain: float | None = None
    mean_gain: float | None = None
    stable_rounds: int = 0
    screened: int = 0


@dataclass(frozen=True, eq=False)
class StopSet:
    """What the last models said of instances that stay the same.

    Attributes
    ----------
    keys : ndarray of shape (n,), int64
        Rising; empty if the caller sends the set.
    from_caller : bool
    classes : int
        Number of classes; 0 if it is not known.
    cut : int
        The largest hash of a key that belongs to the set.
    models : tuple of ndarray of shape (n,), int64
        The class that each of the last models gives each instance, `ABSENT` where it was not there; the latest last.
    """

    keys: npt.NDArray[np.int64]
    from_caller: bool
    classes: int
    cut: int
    models: tuple[npt.NDArray[np.int64], ...]


@dataclass(frozen=True, eq=False)
class Campaign:
    """All rounds so far.

    Attributes
    ----------
    name : str
    rounds : tuple of Round
        The oldest first; of long campaigns the latest, and fewer and fewer of the older ones.
    stop_set : StopSet or None
    first_stops : mapping of str to int
        The number of the round in which each criterion first said stop.
    screened : ndarray of bool
        Whether each screened instance is relevant, in order.
    """

    name: str
    rounds: tuple[Round, ...] = ()
    stop_set: StopSet | None = None
    first_stops: Mapping[str, int] = field(default_factory=dict)
    screened: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))

    @property
    def latest(self) -> Round:
        """The present round."""
        return self.rounds[-1]

    @property
    def length(self) -> int:
        """How many rounds there were."""
        return self.rounds[-1].number if self.rounds else 0

    def series(self, value: Callable[[Round], float | None]) -> FloatArray:
        """Return a number of each round, the oldest first; NaN where it is not known."""
        found = (value(each) for each in self.rounds)
        return np.array([np.nan if number is None else number for number in found], np.float64)

    def reopened(self, labelled: int) -> Campaign:
        """Return the campaign without its last round if that had as many labels: the round that comes takes its place."""
        if not self.rounds or self.latest.labelled != labelled:
            return self
        last = self.latest
        earlier = self.rounds[:-1]
        return replace(
            self,
            rounds=earlier,
            stop_set=None if self.stop_set is None else replace(self.stop_set, models=self.stop_set.models[:-1]),
            first_stops={name: number for name, number in self.first_stops.items() if number != last.number},
            screened=self.screened[: earlier[-1].screened if earlier else 0],
        )

    def thinned(self) -> Campaign:
        """Return the campaign with room for what is to be kept: every second of the older half of its rounds goes if there are too many."""
        if len(self.rounds) <= MOST_ROUNDS:
            return self
        first, older, recent = self.rounds[:ALWAYS_KEPT], self.rounds[ALWAYS_KEPT : MOST_ROUNDS // 2], self.rounds[MOST_ROUNDS // 2 :]
        return replace(self, rounds=(*first, *older[::2], *recent))
