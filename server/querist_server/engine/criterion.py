"""What a stop criterion is: a rule that looks at a campaign and votes."""

from __future__ import annotations

import enum
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.campaign import Campaign
from querist_server.engine.part import Part

FEWEST_ROUNDS = 3
"""No verdict before that, but where nothing is left to ask or to spend."""


class Status(enum.Enum):
    """What a criterion says; the names are the contract's `VoteStatus`."""

    STOP = "STOP"
    CONTINUE = "CONTINUE"
    INCONCLUSIVE = "INCONCLUSIVE"


class Field(enum.Enum):
    """What kind of evidence a criterion goes by, on which it depends what its vote counts for."""

    LIMIT = "LIMIT"
    MONEY = "MONEY"
    RECALL = "RECALL"
    STABILITY = "STABILITY"
    SUPPORT = "SUPPORT"


@dataclass(frozen=True)
class Vote:
    """What one criterion says; None for a number that it has not."""

    status: Status
    sentence: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Recall:
    """What is known of review work now.

    Attributes
    ----------
    target : float
    relevant : ndarray of bool
        Of each screened instance, in order.
    unscreened : int or None
    mass : tuple of float or None
        Sums over the screened and the unscreened of p and of p (1 - p), for the probability p of relevance, in this order.
    control : tuple of int or None
        Size of the control set, and how many of it were found.
    elusion : tuple of int or None
        Size of the elusion sample, and how many of it are relevant.
    """

    target: float
    relevant: npt.NDArray[np.bool_]
    unscreened: int | None
    mass: tuple[float, float, float, float] | None
    control: tuple[int, int] | None
    elusion: tuple[int, int] | None


@dataclass(frozen=True)
class Outlook:
    """What the learning curve says of money, as far as the rule needs it.

    Attributes
    ----------
    net_value : tuple of float
        Of the next batch: its mean, and the ends of its 80 % interval.
    past_optimum : float
        Probability that no further label pays.
    """

    net_value: tuple[float, float, float]
    past_optimum: float


@dataclass(frozen=True)
class Evidence:
    """What a criterion looks at.

    Attributes
    ----------
    campaign : Campaign
        All rounds, the present one last.
    recall : Recall or None
        For review work.
    outlook : Outlook or None
        If there are enough errors and prices.
    label_cost : float or None
        What a label costs.
    """

    campaign: Campaign
    recall: Recall | None = None
    outlook: Outlook | None = None
    label_cost: float | None = None


@dataclass(frozen=True)
class Criterion(Part):
    """A rule. Its fields are its parameters, as of any part."""

    kind: ClassVar[str] = "criterion"
    cost: ClassVar[str] = "rounds"
    evidence: ClassVar[Field]
    """What kind of evidence it goes by."""

    @abstractmethod
    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""

    def moved(self, aggressiveness: float) -> Criterion:  # noqa: ARG002 - most go by what was set
        """Return the rule with the thresholds of somebody who wants to stop sooner (1) or later (0); 0.5 changes nothing."""
        return self


def inconclusive(sentence: str) -> Vote:
    """Return the vote of a rule that cannot say."""
    return Vote(Status.INCONCLUSIVE, sentence)


def at_most(value: float, threshold: float, sentence: str) -> Vote:
    """Return a vote to stop if the value is at most the threshold."""
    return Vote(Status.STOP if value <= threshold else Status.CONTINUE, sentence, value, threshold)


def at_least(value: float, threshold: float, sentence: str) -> Vote:
    """Return a vote to stop if the value is at least the threshold."""
    return Vote(Status.STOP if value >= threshold else Status.CONTINUE, sentence, value, threshold)


def nearer_one(threshold: float, aggressiveness: float) -> float:
    """Return a threshold of agreement below 1, ten times nearer to 1 at aggressiveness 0, ten times farther at 1."""
    return max(0.0, 1 - (1 - threshold) * float(10 ** (2 * aggressiveness - 1)))
