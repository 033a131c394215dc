"""Policies that could be behind the strategy "auto": what they choose by is what a caller sends."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol

from arms import SINGLE, WITHOUT_EMBEDDINGS, Arm
from cell import Cell
from querist_server.engine.auto import Situation, choose

NEVER = 0
"""Labels for each class, as a bound: the first strategy is never chosen."""


class Policy(Protocol):
    """Names a strategy for a situation."""

    def __call__(self, situation: Situation) -> str: ...


def auto(situation: Situation) -> str:
    """Choose as the server does."""
    return choose(situation).strategy


@dataclass(frozen=True)
class Before:
    """What `auto` was until the grid was run, by the literature alone."""

    def __call__(self, situation: Situation) -> str:
        """Choose."""
        if situation.has("embeddings") and situation.labelled < 50 * situation.classes:
            return "uherding"
        if situation.count <= 10:
            return "margin"
        return "badge_shortlist" if situation.has("embeddings") else "power_margin"

    def __str__(self) -> str:
        return "auto before"


@dataclass(frozen=True)
class Rule:
    """A strategy below so many labels for each class, and from there on another."""

    first: str
    bound: int
    then: str

    def __call__(self, situation: Situation) -> str:
        """Choose."""
        return self.first if situation.labelled < self.bound * situation.classes else self.then

    def __str__(self) -> str:
        return self.then if self.bound == NEVER else f"{self.first}, from {self.bound} a class {self.then}"


@dataclass(frozen=True)
class ByClasses:
    """A rule for two classes, and another for more."""

    two: Rule
    more: Rule

    def __call__(self, situation: Situation) -> str:
        """Choose."""
        return self.two(situation) if situation.classes == 2 else self.more(situation)

    def __str__(self) -> str:
        return f"{self.two} for two classes, else {self.more}"


def arm_of(policy: Policy, cell: Cell, embeddings: bool) -> str:
    """Return the arm that a policy comes to in a campaign; who sends embeddings sends those of the labelled set, too."""
    sent = {"probabilities"} | ({"embeddings", "side.labelled.embeddings", "side.labelled.classes"} if embeddings else set())
    told = [count if embeddings else 0 for count in cell.labelled]
    return str(Arm.of(cell.labelled, [policy(Situation(frozenset(sent), cell.batch, cell.classes, count)) for count in told]))


def _alone(*names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, NEVER, name) for name in names)


_COVERED, _HERDED, _MARGIN, _POWER, _DIVERSE = _alone("uherding", "max_herding", "margin", "power_margin", "badge_shortlist")
_COVERED_FIRST = Rule("uherding", 5, "margin")
_IN_BATCHES = (
    *_alone(*SINGLE),
    Before(),
    *(ByClasses(two, more) for two, more in itertools.product((_MARGIN, _POWER, _DIVERSE), (_COVERED, _HERDED))),
)
RULES: dict[tuple[bool, int], tuple[Policy, ...]] = {
    (True, 1): (
        *_alone(*SINGLE),
        Before(),
        _COVERED_FIRST,
        *(ByClasses(two, _COVERED) for two in (_MARGIN, _POWER, _COVERED_FIRST)),
    ),
    (True, 10): _IN_BATCHES,
    (True, 100): _IN_BATCHES,
    (False, 1): _alone(*WITHOUT_EMBEDDINGS),
    (False, 10): _alone(*WITHOUT_EMBEDDINGS),
    (False, 100): _alone(*WITHOUT_EMBEDDINGS),
}
"""What is chosen among, by whether embeddings are sent and by the size of the batch."""
TOGETHER: tuple[tuple[tuple[bool, int], ...], ...] = (
    ((True, 1),),
    ((True, 10), (True, 100)),
    ((False, 1),),
    ((False, 10),),
    ((False, 100),),
)
"""Parts that share one rule."""
