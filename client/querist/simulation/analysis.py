"""From learning curves to what they mean: labels needed, labels saved, the area under a curve, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from querist.simulation.loop import Curve

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 3
ROUNDING = 1e-6


def labels_needed(curve: Curve, target: float) -> int | None:
    """Return the smallest number of labels at which a curve reaches a target, or None if it never does."""
    return next((labels for labels, score in zip(curve.labels, curve.scores, strict=True) if score >= target), None)


@dataclass(frozen=True)
class Difference:
    """The mean of differences that are paired by seed.

    Attributes
    ----------
    mean : float
    low, high : float
        Its 95 % interval by Student's t, by itself; NaN if there are fewer than three seeds.
    p : float
        Of a paired t test against no difference, both ways; after `holm`, corrected for all comparisons that are made together.
    """

    mean: float
    low: float
    high: float
    p: float

    @property
    def sign(self) -> int:
        """1 if it is surely above 0, -1 if surely below, else 0."""
        return int(np.sign(self.mean)) if self.p < 1 - CONFIDENCE else 0


def difference(values: Sequence[float]) -> Difference:
    """Return the mean of differences with its interval."""
    found = np.asarray(values, float)
    mean, count = float(found.mean()), len(found)
    if count < FEWEST_FOR_INTERVAL:
        return Difference(mean, np.nan, np.nan, np.nan)
    error = float(found.std(ddof=1) / np.sqrt(count))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, count - 1)) if error > 0 else float(mean == 0)
    return Difference(mean, mean - half, mean + half, p)


def holm(found: Sequence[Difference]) -> list[Difference]:
    """Return differences with p values that hold for all of them together (Holm, Scandinavian Journal of Statistics 1979).

    Those without a p value are no comparisons.
    """
    p = np.array([each.p for each in found])
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    p[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1)
    return [replace(each, p=float(value)) for each, value in zip(found, p, strict=True)]


@dataclass(frozen=True)
class Saving:
    """Labels saved against the control within a run, paired by seed.

    A seed that never reaches the target counts as if it had done so with its last label. All seeds count in this way: to leave out those
    that fail would flatter an arm that either is quick or fails. What lies beyond the last label is not seen, in favour of neither.

    Attributes
    ----------
    reached : int
        Seeds in which at least one of the two reached the target.
    labels : Difference
        Labels that were saved; without an interval if fewer than three seeds reached the target.
    """

    reached: int
    labels: Difference

    def verdict(self, control: str) -> str:
        """Return what may be said."""
        if np.isnan(self.labels.p):
            return "too few seeds reached it"
        return {1: "saves labels", -1: "costs labels", 0: f"no clear difference from {control}"}[self.labels.sign]


def saving(arm: Sequence[Curve], control: Sequence[Curve], target: float) -> Saving:
    """Compare an arm with the control, seed by seed; both have the same numbers of labels."""
    saved = [float(_within(other, target) - _within(one, target)) for one, other in zip(arm, control, strict=True)]
    reached = sum(max(*one.scores, *other.scores) >= target for one, other in zip(arm, control, strict=True))
    found = difference(saved)
    if reached < FEWEST_FOR_INTERVAL:
        found = Difference(found.mean, np.nan, np.nan, np.nan)
    return Saving(reached, found)


def savings(
    curves: Mapping[str, Sequence[Curve]], control: str, targets: Sequence[float], *, corrected: bool
) -> dict[tuple[str, float], Saving]:
    """Return the saving of each arm but the control at each target; corrected: for all of these comparisons together."""
    found = {(arm, target): saving(runs, curves[control], target) for target in targets for arm, runs in curves.items() if arm != control}
    if not corrected:
        return found
    held = holm([each.labels for each in found.values()])
    return {key: replace(each, labels=labels) for (key, each), labels in zip(found.items(), held, strict=True)}


def area(curve: Curve) -> float:
    """Return the mean score over all numbers of labels from the first to the last, by the trapezoidal rule."""
    labels, scores = np.array(curve.labels, float), np.array(curve.scores)
    return float((np.diff(labels) * (scores[1:] + scores[:-1]) / 2).sum() / (labels[-1] - labels[0]))


def areas(curves: Mapping[str, Sequence[Curve]], control: str) -> dict[str, Difference]:
    """Return by how much the area under each arm's curves is above the control's, corrected for all arms together."""
    plain = {
        arm: difference([area(one) - area(other) for one, other in zip(runs, curves[control], strict=True)])
        for arm, runs in curves.items()
        if arm != control
    }
    return dict(zip(plain, holm(list(plain.values())), strict=True))


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
    """Return the mean score after each round, and the ends of its 95 % interval by Student's t."""
    scores = np.array([curve.scores for curve in curves])
    mean = scores.mean(axis=0)
    if len(curves) < FEWEST_FOR_INTERVAL:
        return mean, mean, mean
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(curves) - 1) * scores.std(axis=0, ddof=1) / np.sqrt(len(curves))
    return mean, mean - half, mean + half


def default_targets(control: Sequence[Curve]) -> tuple[float, ...]:
    """Return the scores that the control reaches on average with a quarter, half, three quarters and nearly all of its rounds.

    Rounded down to three decimals, so that what is printed is what was asked.
    """
    mean = band(control)[0]
    found = np.floor(np.quantile(mean, (0.25, 0.5, 0.75, 0.95)) * 1000 + ROUNDING) / 1000
    return tuple(dict.fromkeys(found.tolist()))
