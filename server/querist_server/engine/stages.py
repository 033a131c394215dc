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
        In it, all times together.
    began, ended : float or None
        When it was first entered and last left, by the performance counter; None if it never was.
    """

    __slots__ = ("_entered", "began", "ended", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.began: float | None = None
        self.ended: float | None = None

    def __enter__(self) -> None:
        self._entered = time.perf_counter()
        if self.began is None:
            self.began = self._entered

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.ended = time.perf_counter()
        self.seconds += self.ended - self._entered


class Stages:
    """The stages of one selection, by name."""

    def __init__(self) -> None:
        self.by_name = {name: Stage() for name in NAMES}

    def __getitem__(self, name: str) -> Stage:
        return self.by_name[name]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds in each stage."""
        return {name: stage.seconds for name, stage in self.by_name.items()}
