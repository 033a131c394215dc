"""How long each stage of a selection takes, and from when to when."""

from __future__ import annotations

import time
from types import TracebackType

NAMES = ("DECODE", "INFER", "SCORE", "CHOOSE")
"""In their order, by the contract's names."""


class Stage:
    """One stage, which may be entered again and again: blocks of rows go through several of them in turn.

    Attributes
    ----------
    seconds : float
        In it, all times together, without what was spent in stages that were entered meanwhile.
    began, ended : float or None
        When it was first entered and last left, by the performance counter; None if it never was.
    """

    __slots__ = ("_entered", "_stages", "_within", "began", "ended", "seconds")

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._within: Stage | None = None
        self.seconds = 0.0
        self.began: float | None = None
        self.ended: float | None = None

    def __enter__(self) -> None:
        self._entered = time.perf_counter()
        if self.began is None:
            self.began = self._entered
        self._within, self._stages.current = self._stages.current, self
        if self._within is not None:
            self._within.seconds += self._entered - self._within._entered

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.ended = time.perf_counter()
        self.seconds += self.ended - self._entered
        self._stages.current = self._within
        if self._within is not None:
            self._within._entered = self.ended


class Stages:
    """The stages of one selection, by name.

    Attributes
    ----------
    current : Stage or None
        The one that was entered last and is not left.
    """

    def __init__(self) -> None:
        self.current: Stage | None = None
        self.by_name = {name: Stage(self) for name in NAMES}

    def __getitem__(self, name: str) -> Stage:
        return self.by_name[name]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds in each stage."""
        return {name: stage.seconds for name, stage in self.by_name.items()}
