"""How far models agree on the same instances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int64]


def changed(before: Classes, after: Classes) -> float:
    """Return the share of instances whose class differs; both of shape (n,), n at least 1."""
    return float(np.mean(before != after))


def cohen_kappa(one: Classes, other: Classes) -> float:
    """Return Cohen's kappa of two raters, shape (n,) each: agreement beyond what their shares of classes give by chance.

    Two that give all instances the same one class agree as far as can be: 1.
    """
    agreed = float(np.mean(one == other))
    first, second, names = _renamed(one, other)
    shares = np.bincount(first, minlength=len(names)) / len(one), np.bincount(second, minlength=len(names)) / len(other)
    chance = float(shares[0] @ shares[1])
    return 1.0 if chance == 1.0 else (agreed - chance) / (1 - chance)


def delta_f(before: Classes, after: Classes, classes: int) -> float | None:
    """Return 1 - 2a / (2a + b + c) (Altschuler and Bloodgood 2019): of two classes for class 1, else the largest of the predicted ones.

    a instances are given the class by both, b and c by one of them alone. None if class 1 is predicted by neither.
    """
    first, second, names = _renamed(before, after)
    both = np.bincount(first[before == after], minlength=len(names))
    either = np.bincount(first, minlength=len(names)) + np.bincount(second, minlength=len(names))
    looked_at = np.flatnonzero(names == 1) if classes == 2 else np.arange(len(names))
    if not len(looked_at):
        return None
    return float((1 - 2 * both[looked_at] / either[looked_at]).max())


def _renamed(one: Classes, other: Classes) -> tuple[Classes, Classes, Classes]:
    """Return both with their classes numbered from 0, and the classes: what is counted then grows with n and not with the largest class."""
    names, places = np.unique(np.concatenate((one, other)), return_inverse=True)
    return places[: len(one)], places[len(one) :], names
