"""From learning curves to what they mean: labels needed, labels saved, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from querist.demo.loop import Curve, Stop
from querist.rounds import Economics

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 3


def labels_needed(curve: Curve, target: float) -> int | None:
    """Return the smallest number of labels at which a curve reaches a target, or None if it never does."""
    return next((labels for labels, accuracy in zip(curve.labels, curve.accuracy, strict=True) if accuracy >= target), None)


@dataclass(frozen=True)
class Saving:
    """Labels saved against the control within a run, paired by seed.

    A seed that never reaches the target counts as if it had done so with its last label. All seeds count in this way: to leave out those
    that fail would flatter an arm that either is quick or fails. What lies beyond the last label is not seen, in favour of neither.

    Attributes
    ----------
    reached : int
        Seeds in which at least one of the two reached the target.
    mean : float
        Mean saving.
    low, high : float
        Its 95 % interval by Student's t; NaN if fewer than three seeds reached the target.
    """

    reached: int
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
    """Compare an arm with the control, seed by seed; both have the same numbers of labels."""
    saved = np.array([_within(other, target) - _within(one, target) for one, other in zip(arm, control, strict=True)], float)
    reached = sum(max(*one.accuracy, *other.accuracy) >= target for one, other in zip(arm, control, strict=True))
    mean = float(saved.mean())
    if reached < FEWEST_FOR_INTERVAL:
        return Saving(reached, mean, np.nan, np.nan)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(saved) - 1) * saved.std(ddof=1) / np.sqrt(len(saved)))
    return Saving(reached, mean, mean - half, mean + half)


def _within(curve: Curve, target: float) -> int:
    """Return the labels needed within the run."""
    needed = labels_needed(curve, target)
    return curve.labels[-1] if needed is None else needed


def median_needed(curves: Sequence[Curve], target: float) -> str:
    """Return the median of the labels needed, as text; a seed that never reaches the target needs more than all the others."""
    needed = [labels_needed(curve, target) for curve in curves]
    median = float(np.median([np.inf if labels is None else labels for labels in needed]))
    return f"{median:.0f}" if np.isfinite(median) else f">{curves[0].labels[-1]}"


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
            reached = sum(labels_needed(curve, target) is not None for curve in runs)
            line = f"{target:>7.0%}  {arm:<10} {median_needed(runs, target):>15}  {f'{reached}/{len(runs)}':>7}  "
            if arm != control:
                saved = saving(runs, curves[control], target)
                interval = "" if np.isnan(saved.low) else f"{saved.mean:+.0f} ({saved.low:+.0f} to {saved.high:+.0f})"
                line += f"{interval:<26} {saved.verdict}"
            lines.append(line.rstrip())
    return "\n".join(lines)


def stops(found: Sequence[Stop | None], economics: Economics) -> str:
    """Return where campaigns were stopped and what that lost, as text."""
    there = [stop for stop in found if stop is not None]
    labels = [stop.labels for stop in there]
    unit = economics.currency
    return (
        f"When to stop: a label costs {unit} {economics.label_cost:g}, an error {unit} {economics.error_cost:g}, "
        f"and {economics.predictions:,.0f} predictions are to be made.\n"
        f"The verdict on margin was STOP at {np.median(labels):.0f} labels (median; {min(labels)} to {max(labels)}). Of the first seed:\n"
        f"  {there[0].sentence}\n"
        f"Against the cheapest stop known afterwards it lost {unit} {np.mean([stop.lost for stop in there]):.0f} on average "
        f"(to go on to the last label that was made: {unit} {np.mean([stop.lost_at_the_end for stop in there]):.0f})."
    )
