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
        if rest.highest is not None:
            np.maximum(rest.highest[label], mass, out=mass)
            mass /= total
            return np.subtract(1, mass, out=mass)
        if rest.costs is not None:
            cheapest = rest.costs[0, label] + mass * self._cost[label, 0]
            for decision in range(1, len(rest.costs)):
                np.minimum(cheapest, rest.costs[decision, label] + mass * self._cost[label, decision], out=cheapest)
            cheapest /= total
            return cheapest
        products: Any = rest.products
        if self.loss == "LOG":
            mass *= np.log(mass)
            mass += products[label]
            mass /= total
            return np.subtract(np.log(total), mass, out=mass)
        mass *= mass
        mass += products[label]
        total *= total
        mass /= total
        return np.subtract(1, mass, out=mass)

    def gains(self, now: FloatArray, rest: Rest, believed: FloatArray, mass: Callable[[int], FloatArray]) -> FloatArray:
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
        """
        gains = np.repeat(now[None], believed.shape[1], axis=0)
        for label, share in enumerate(believed):
            if share.any():
                loss = self.changed(rest, label, mass(label))
                loss *= share[:, None]
                gains -= loss
        return gains

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
