"""Policies that could be behind the strategy "auto": what they choose by is what a caller sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from arms import Arm
from cell import Cell
from querist_server.engine.auto import Situation, choose

NEVER, ALWAYS = 0, 10**6
"""Labels for each class, as a bound: the second is beyond all campaigns."""


class Policy(Protocol):
    """Names a strategy for a situation."""

    def __call__(self, situation: Situation) -> str: ...


def auto(situation: Situation) -> str:
    """Choose as the server does."""
    return choose(situation).strategy


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
        return self.then if self.bound == NEVER else self.first if self.bound == ALWAYS else f"{self.first}, from {self.bound} {self.then}"


def arm_of(policy: Policy, cell: Cell, embeddings: bool) -> str:
    """Return the arm that a policy comes to in a campaign that says what is labelled."""
    sent = {"probabilities", "side.labelled.classes"} | ({"embeddings", "side.labelled.embeddings"} if embeddings else set())
    return str(Arm.of(cell.labelled, [policy(Situation(frozenset(sent), cell.batch, cell.classes, count)) for count in cell.labelled]))


def _rules(firsts: tuple[str, ...], bounds: tuple[int, ...], thens: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return each of the strategies alone, and each of the first followed by each of the others."""
    alone = [Rule(name, NEVER, name) for name in dict.fromkeys((*firsts, *thens))]
    return (*alone, *(Rule(first, bound, then) for first in firsts for bound in bounds for then in thens if first != then))


PARTS = {
    (True, 1): (*_rules(("uherding",), (5,), ("margin",)), *_rules((), (), ("max_herding", "power_margin", "badge_shortlist", "random"))),
    (True, 10): (*_rules(("uherding",), (5, 20), ("power_margin",)), *_rules((), (), ("margin", "badge_shortlist", "random"))),
    (True, 100): (*_rules(("uherding",), (5,), ("power_margin", "badge_shortlist")), *_rules((), (), ("margin", "random"))),
    (False, 1): _rules((), (), ("margin", "power_margin", "random")),
    (False, 10): (*_rules(("random",), (5,), ("power_margin",)), *_rules((), (), ("margin",))),
    (False, 100): (*_rules(("random",), (5,), ("power_margin",)), *_rules((), (), ("margin",))),
}
"""Rules to choose from, by whether embeddings are sent and by the size of the batch."""
