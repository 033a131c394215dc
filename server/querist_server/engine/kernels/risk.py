"""Expected errors of class probabilities, as they are and once a label has changed one class's share of them.

Probabilities are given as masses above 0, which count in proportion to their sum: whoever has masses of 0 adds `TINY` to each, so that none
at all are uniform. Classes are the first axis, so that a class is one piece of memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

TINY = 1e-300
"""A mass that is none beside any other."""


@dataclass(frozen=True)
class Rest:
    """What the classes other than y come to, for each y: all of shape (C, ...), but costs (C decisions, C, ...)."""

    total: FloatArray
    highest: FloatArray | None = None
    products: FloatArray | None = None
    costs: FloatArray | None = None


@dataclass(frozen=True)
class Risk:
    """A loss: "ZERO_ONE", "LOG", "BRIER" or "COST", as the contract's `Loss` says.

    Attributes
    ----------
    loss : str
    cost : ndarray of shape (C, C) or None
        For COST.
    """

    loss: str
    cost: FloatArray | None = None

    def span(self, classes: int) -> float:
        """Return how far two values of the loss can be apart."""
        if self.loss == "LOG":
            return float(np.log(classes))
        if self.loss == "COST":
            cost: Any = self.cost
            return float(cost.max() - cost.min())
        return 1.0 - 1.0 / classes

    def of(self, masses: FloatArray) -> FloatArray:
        """Return the loss (...) of masses (C, ...)."""
        shares = masses / masses.sum(axis=0)
        if self.loss == "ZERO_ONE":
            return np.asarray(1 - shares.max(axis=0))
        if self.loss == "LOG":
            return np.asarray(-(shares * np.log(shares + TINY)).sum(axis=0))
        if self.loss == "BRIER":
            return np.asarray(1 - (shares * shares).sum(axis=0))
        return np.asarray(np.tensordot(self._cost, shares, axes=(0, 0)).min(axis=0))

    @property
    def least(self) -> float:
        """A value that the loss is never below."""
        return float(self._cost.min()) if self.loss == "COST" else 0.0

    def rest(self, masses: FloatArray) -> Rest:
        """Return what is needed of masses (C, ...) to know the loss when one of them changes."""
        total = without_each(np.add, masses)
        if self.loss == "ZERO_ONE":
            return Rest(total, highest=without_each(np.maximum, masses))
        if self.loss == "LOG":
            return Rest(total, products=without_each(np.add, masses * np.log(masses)))
        if self.loss == "BRIER":
            return Rest(total, products=without_each(np.add, masses * masses))
        shape = (-1,) + (1,) * (masses.ndim - 1)
        return Rest(total, costs=np.stack([without_each(np.add, masses * column.reshape(shape)) for column in self._cost.T]))

    def changed(self, rest: Rest, label: int, mass: FloatArray) -> FloatArray:
        """Return the loss (...) if the mass of one class is (...), whose memory is given up, and the others are as they were."""
        total = rest.total[label] + mass
        return self._loss(self._together(rest, label, mass), total, 1.0)

    def gains(
        self, now: FloatArray, rest: Rest, believed: FloatArray, mass: Callable[[int], FloatArray], total: FloatArray | None = None
    ) -> FloatArray:
        """Return the losses now, less those that are expected, for n candidates at e instances, shape (n, e).

        Parameters
        ----------
        now : ndarray of shape (e,)
        rest : Rest
            Of masses (C, e) or (C, n, e).
        believed : ndarray of shape (C, n)
            The probability of each label.
        mass : callable
            Returns, for a label, the mass (n, e) that its class then has; its memory is given up.
        total : ndarray of shape (n, e) or None
            What all masses then come to, if that does not depend on the label: most of the work is then done once.
        """
        likely = [(label, share[:, None]) for label, share in enumerate(believed) if share.any()]
        gains: FloatArray = np.zeros((believed.shape[1], len(now)))
        for label, share in likely:
            part = self.changed(rest, label, mass(label)) if total is None else self._together(rest, label, mass(label))
            part *= share
            gains += part
        if total is not None:
            gains = self._loss(gains, total, believed.sum(axis=0)[:, None])
        return np.subtract(now, gains, out=gains)

    def _together(self, rest: Rest, label: int, mass: FloatArray) -> FloatArray:
        """Return what of the loss adds up over labels, before it is divided by the total."""
        if rest.highest is not None:
            return np.maximum(rest.highest[label], mass, out=mass)
        if rest.costs is not None:
            cheapest = rest.costs[0, label] + mass * self._cost[label, 0]
            for decision in range(1, len(rest.costs)):
                np.minimum(cheapest, rest.costs[decision, label] + mass * self._cost[label, decision], out=cheapest)
            return np.asarray(cheapest)
        products: Any = rest.products
        mass *= np.log(mass) if self.loss == "LOG" else mass
        mass += products[label]
        return mass

    def _loss(self, together: FloatArray, total: FloatArray, weight: FloatArray | float) -> FloatArray:
        """Return the loss that several labels of some weight come to; the memory of the first is given up."""
        together /= total
        if self.loss == "COST":
            return together
        if self.loss == "LOG":
            return np.subtract(weight * np.log(total), together, out=together)
        if self.loss == "BRIER":
            together /= total
        return np.subtract(weight, together, out=together)

    @property
    def _cost(self) -> FloatArray:
        cost: Any = self.cost
        return np.asarray(cost)


def without_each(operation: np.ufunc, terms: FloatArray) -> FloatArray:
    """Return, for each entry of the first axis, all others brought together by an operation for which 0 is neutral.

    Running results from both ends: what is left out is never subtracted, so that nothing small is lost beside something large.
    """
    others = np.empty_like(terms)
    running = np.zeros_like(terms[0])
    for index in range(len(terms)):
        others[index] = running
        running = operation(running, terms[index])
    running = np.zeros_like(terms[0])
    for index in reversed(range(len(terms))):
        operation(others[index], running, out=others[index])
        running = operation(running, terms[index])
    return others
