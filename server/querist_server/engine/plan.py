"""The plan: a score and a choice, and what stands around them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

from querist_server.engine.part import Choice, Guard, Need, Part, Score, Weight

FEWEST_PREFILTERED = 1000
"""How many candidates a prefilter by factor keeps at least."""


@dataclass(frozen=True)
class Plan:
    """A score and a choice, and what stands around them.

    Attributes
    ----------
    score, choice
    prefilter : int or None
        How many of the best by score the choice gets to see; None: all, or what `prefilter_factor` says.
    prefilter_factor : float or None
        The same as a multiple of the batch, but at least `FEWEST_PREFILTERED`.
    guards : tuple of Guard
    weights : tuple of Weight
    """

    score: Score
    choice: Choice
    prefilter: int | None = None
    prefilter_factor: float | None = None
    guards: tuple[Guard, ...] = ()
    weights: tuple[Weight, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts."""
        return (self.score, self.choice, *self.guards, *self.weights)

    @cached_property
    def needs(self) -> frozenset[Need]:
        """What must be sent for this plan."""
        return frozenset().union(*(part.required() for part in self.parts))

    @property
    def deterministic(self) -> bool:
        """Whether the answer does not depend on the seed."""
        return all(part.repeatable() for part in self.parts)

    def resolved(self, count: int | None) -> Plan:
        """Return the plan with the prefilter as a number."""
        if self.prefilter_factor is None:
            return self
        if count is None:
            return dataclasses.replace(self, prefilter_factor=None)
        return dataclasses.replace(self, prefilter=max(FEWEST_PREFILTERED, round(self.prefilter_factor * count)), prefilter_factor=None)
