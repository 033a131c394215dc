"""From learning curves to what they mean: labels needed, labels saved, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from querist.demo.loop import Curve

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 3


def labels_needed(curve: Curve, target: float) -> int | None:
    """Return the smallest number of labels at which a curve reaches a target, or None if it never does."""
    return next((labels for labels, accuracy in zip(curve.labels, curve.accuracy, strict=True) if accuracy >= target), None)


@dataclass(frozen=True)
class Saving:
    """Labels saved against the control, paired by seed.

    Attributes
    ----------
    pairs : int
        Seeds in which both reached the target; the others say nothing here.
    mean : float
        Mean saving; NaN without pairs.
    low, high : float
        Its 95 % interval by Student's t; NaN with fewer than three pairs.
    """

    pairs: int
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What may be said."""
        if np.isnan(self.low):
            return "too few seeds reached it"
        if self.low > 0:
            return "saves labels"
        return "costs labels" if self.high < 0 else "no clear difference from random"


def saving(arm: Sequence[Curve], control: Sequence[Curve], target: float) -> Saving:
    """Compare an arm with the control, seed by seed."""
    needed = [(labels_needed(one, target), labels_needed(other, target)) for one, other in zip(arm, control, strict=True)]
    saved = np.array([other - one for one, other in needed if one is not None and other is not None], float)
    if not len(saved):
        return Saving(0, np.nan, np.nan, np.nan)
    mean = float(saved.mean())
    if len(saved) < FEWEST_FOR_INTERVAL:
        return Saving(len(saved), mean, np.nan, np.nan)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(saved) - 1) * saved.std(ddof=1) / np.sqrt(len(saved)))
    return Saving(len(saved), mean, mean - half, mean + half)


def band(curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean accuracy after each round, and the ends of its 95 % interval by Student's t."""
    accuracy = np.array([curve.accuracy for curve in curves])
    mean = accuracy.mean(axis=0)
    if len(curves) < FEWEST_FOR_INTERVAL:
        return mean, mean, mean
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(curves) - 1) * accuracy.std(axis=0, ddof=1) / np.sqrt(len(curves))
    return mean, mean - half, mean + half


def table(curves: dict[str, list[Curve]], control: str, targets: Sequence[float]) -> str:
    """Return what each arm needed to reach each target, as text."""
    lines = [f"{'target':>7}  {'arm':<10} {'labels (median)':>15}  {'reached':>7}  {'saved against ' + control:<26} verdict"]
    for target in targets:
        for arm, runs in curves.items():
            needed = [labels for curve in runs if (labels := labels_needed(curve, target)) is not None]
            median = f"{np.median(needed):.0f}" if needed else "-"
            line = f"{target:>7.0%}  {arm:<10} {median:>15}  {f'{len(needed)}/{len(runs)}':>7}  "
            if arm != control:
                saved = saving(runs, curves[control], target)
                interval = "" if np.isnan(saved.low) else f"{saved.mean:+.0f} ({saved.low:+.0f} to {saved.high:+.0f})"
                line += f"{interval:<26} {saved.verdict}"
            lines.append(line.rstrip())
    return "\n".join(lines)
