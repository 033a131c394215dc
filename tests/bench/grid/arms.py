"""What is compared: a strategy, or one strategy until so many labels are there and then another, with or without a random share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from querist_server.engine.presets import PRESETS

SINGLE = ("random", "margin", "power_margin", "badge_shortlist", "k_center", "max_herding", "uherding")
"""The plans that are run alone in every cell."""
CONTROL = "random"
WITHOUT_EMBEDDINGS = ("random", "margin", "power_margin")


@dataclass(frozen=True)
class Arm:
    """Strategies with the number of labels from which each is in force, the first from 0.

    Its text is like ``uherding,40:margin`` or ``margin;0.1``: behind the semicolon is the share of each batch that is drawn at random.
    """

    steps: tuple[tuple[int, str], ...]
    share: float = 0.0

    def __str__(self) -> str:
        steps = ",".join(name if not start else f"{start}:{name}" for start, name in self.steps)
        return f"{steps};{self.share:g}" if self.share else steps

    @classmethod
    def read(cls, text: str) -> Arm:
        """Return the arm that a text names."""
        steps, _, share = text.partition(";")
        parted = [step.rpartition(":") for step in steps.split(",")]
        return cls(tuple((int(start or 0), name) for start, _, name in parted), float(share or 0))

    @classmethod
    def of(cls, labelled: list[int], names: list[str]) -> Arm:
        """Return the arm that chooses by these strategies when so many labels are there."""
        changes = [(count, name) for (_, before), (count, name) in pairwise(zip(labelled, names, strict=True)) if name != before]
        return cls(((0, names[0]), *changes))

    def strategy(self, labels: int) -> str:
        """Return the strategy that is in force."""
        return next(name for start, name in reversed(self.steps) if start <= labels)

    @property
    def plans(self) -> str:
        """What the server runs for it, to be kept beside its runs."""
        return "; ".join(repr(PRESETS[name].plan) for _, name in self.steps)

    @property
    def embeddings(self) -> bool:
        """Whether any of its strategies needs embeddings."""
        return any(name not in WITHOUT_EMBEDDINGS for _, name in self.steps)


class Follower:
    """Stands between a replay and the client: chooses by the arm's strategy of the moment."""

    def __init__(self, client: Any, arm: Arm) -> None:
        self._client, self._arm = client, arm

    def select(self, *, strategy: str, exclude: Any, **rest: Any) -> Any:
        """Choose a batch; what is excluded is labelled."""
        del strategy
        return self._client.select(strategy=self._arm.strategy(len(exclude)), exclude=exclude, random_share=self._arm.share, **rest)
