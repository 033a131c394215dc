"""Whether an annotator drifts or tires: control charts, trends within sessions, and how long a session should be.

All functions work on one annotator's n answers in the order of time. `agreed`, of shape (n,), is 1 where an answer agrees with the
consensus of the others, 0 where not, and NaN where there is no other. `session`, of shape (n,), is the session of each answer, from
`sessions`. Answers of which a function is given NaN are skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MEMORY = 0.1
"""Weight of the newest answer in the moving average."""

LOWEST, HIGHEST = 0.01, 0.995
"""Levels beyond are charted as these: nobody agrees always or never, and of a level of 1 every miss would be an alarm."""

STATES = 4000
"""Parts that the range of the moving average is cut into to find its false alarms."""

FEWEST_ANSWERS, FEWEST_SESSIONS = 10, 6
"""Answers that a trend needs, and sessions that an error clustered by session needs."""

MOST_POINTS = 2000
"""Points of which all pairs are looked at."""

FEWEST_ON_A_SIDE = 30
"""Answers before and after a cut that a fall of agreement needs."""

FIRST_HOURS = 0.5
"""The shortest session that is recommended."""

NO_FATIGUE = 0.01
"""How often a steady annotator is told a session length at most."""


@dataclass(frozen=True)
class Ewma:
    """A moving average, its lower limit, and the index of the first answer that took it below; each of shape (n,), in shares."""

    values: FloatArray
    limit: FloatArray
    alarm: int | None


@dataclass(frozen=True)
class Cusum:
    """A sum of log-likelihood ratios of shape (n,), its threshold, and the index of the first answer that took it above."""

    values: FloatArray
    threshold: float
    alarm: int | None


@dataclass(frozen=True)
class Trend:
    """Change of an outcome per unit of position, its 95 % interval, and the two-sided p-value of no change."""

    slope: float
    low: float
    high: float
    p_value: float


def ewma(agreed: FloatArray, level: float, false_alarm: float = 0.01) -> Ewma:
    """Return the exponentially weighted moving average of the agreement, started at its level (Roberts 1959).

    The limit is L standard errors below the level, for the number of answers so far. L is the least for which a steady annotator falls
    below it within the whole series with at most the given probability; of three, the textbook's, that is 0.2 to 0.7 in 200 answers.

    Parameters
    ----------
    agreed : ndarray of shape (n,)
        At NaN, average and limit stay as they were.
    level : float
        The share of agreement of the annotator when steady, from 0 to 1.
    false_alarm : float
        The probability of an alarm within the n answers, given the level.
    """
    seen = ~np.isnan(agreed)
    charted = min(int(level * 1000 + 1e-9) / 1000, HIGHEST)  # who is better than charted alarms no more often
    answers = max(int(seen.sum()), 1)
    multiple = _ewma_multiple(charted, 1 << (answers - 1).bit_length(), false_alarm)
    values = np.array(list(accumulate(agreed[seen].tolist(), lambda mean, answer: mean + MEMORY * (answer - mean), initial=level)))
    limit = charted - multiple * _ewma_error(charted, np.arange(answers + 1))
    so_far = np.cumsum(seen)
    below = np.flatnonzero(seen & (values[so_far] < limit[so_far]))
    return Ewma(values[so_far], limit[so_far], int(below[0]) if len(below) else None)


def cusum(agreed: FloatArray, level: float, drop: float = 0.1, false_alarm: float = 0.01) -> Cusum:
    """Return the CUSUM of the agreement: log-likelihood ratios of level - drop to level, summed and reset at 0 (Page 1954).

    The threshold is log(n / false_alarm). From each answer on, the ratio exceeds e^h with probability e^-h at most (Lorden 1971), so within
    n answers from any of them with n e^-h at most. That is a bound, and no estimate: true false alarms are many times fewer.

    Parameters
    ----------
    agreed : ndarray of shape (n,)
        At NaN, the sum stays as it was.
    level, false_alarm : float
        As for `ewma`.
    drop : float
        The fall to look for, above 0; larger falls are found sooner, and smaller ones late.
    """
    steady = min(max(level, LOWEST), HIGHEST)
    fallen = max(steady - drop, LOWEST)
    hit, miss = np.log(fallen / steady), np.log((1 - fallen) / (1 - steady))
    seen = ~np.isnan(agreed)
    sums = np.cumsum(np.where(seen, np.where(agreed > 0, hit, miss), 0.0))
    values = sums - np.minimum(np.minimum.accumulate(sums), 0.0)
    threshold = float(np.log(max(int(seen.sum()), 1) / false_alarm))
    above = np.flatnonzero(values > threshold)
    return Cusum(values, threshold, int(above[0]) if len(above) else None)


def sessions(times: FloatArray, gap: float = 1800.0) -> IntArray:
    """Return the number of the session of each answer, from 0: a new one begins more than `gap` seconds after the answer before.

    `times` are seconds, rising, of shape (n,).
    """
    return np.cumsum(np.diff(times, prepend=times[:1]) > gap, dtype=np.int64)


def position_trend(outcome: FloatArray, position: FloatArray, session: IntArray) -> Trend | None:
    """Return how an outcome changes with the position within a session, by least squares with an effect for each session.

    The error is the jackknife over sessions, or with fewer than six of them, that of independent answers (HC3).

    Parameters
    ----------
    outcome, position : ndarray of shape (n,)
        Agreement, or log seconds; and hours or answers since the session began, of which one is the unit of the slope.

    Returns
    -------
    Trend or None
        None with fewer than ten answers in sessions of more than one position, or if the outcome never differs within these.
    """
    kept = ~np.isnan(outcome) & ~np.isnan(position)
    y, x, groups = outcome[kept], position[kept], _numbered(session[kept])
    kept = np.bincount(groups, _within(x, groups) ** 2)[groups] > 1e-18  # more than rounding leaves of one position
    y, x, groups = y[kept], x[kept], _numbered(groups[kept])
    y, x, counts = _within(y, groups), _within(x, groups), np.bincount(groups)
    if len(y) < FEWEST_ANSWERS or np.abs(y).max() < 1e-9:
        return None
    squares, products, number = np.bincount(groups, x * x), np.bincount(groups, x * y), len(counts)
    total = squares.sum()
    slope = float(products.sum() / total)
    if number >= FEWEST_SESSIONS:
        without = (products.sum() - products) / (total - squares)
        error, freedom = float(np.sqrt((number - 1) / number * np.sum((without - slope) ** 2))), number - 1
    else:
        unexplained = np.maximum(1 - 1 / counts[groups] - x * x / total, 1e-9)  # 1 - leverage
        error, freedom = float(np.sqrt(np.sum((x * (y - slope * x) / unexplained) ** 2)) / total), len(y) - number - 1
    reach = float(special.stdtrit(freedom, 0.975)) * error
    p_value = 2 * float(special.stdtr(freedom, -abs(slope) / max(error, float(np.finfo(float).tiny))))
    return Trend(slope, slope - reach, slope + reach, p_value)


def theil_sen(values: FloatArray, position: FloatArray) -> tuple[float, float, float] | None:
    """Return the median slope over all pairs of answers and its 95 % interval (Sen 1968); outliers hardly move it.

    Parameters
    ----------
    values, position : ndarray of shape (n,)
        Seconds, and where in the session, as for `position_trend`. Of more than 2,000 answers, as many are taken, evenly.

    Returns
    -------
    tuple of float or None
        Slope, low and high. None with fewer than ten answers, or of one position only.
    """
    kept = np.flatnonzero(~np.isnan(values) & ~np.isnan(position))
    if len(kept) > MOST_POINTS:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_POINTS).round().astype(np.int64)]
    if len(kept) < FEWEST_ANSWERS or np.ptp(position[kept]) == 0:
        return None
    from scipy import stats  # here, because it takes a third of a server's start

    found = stats.theilslopes(values[kept], position[kept])
    return float(found.slope), float(found.low_slope), float(found.high_slope)


def session_length(agreed: FloatArray, hours: FloatArray, session: IntArray, tolerance: float = 0.05) -> float | None:
    """Return the hours after which a session should end, or None if agreement does not fall within sessions.

    The cut is where agreement before and after differs most, among sessions that reach beyond it. What is before is cut again until no
    fall is left that is larger than the tolerance and significant: one-sided, p < 0.01 over all cuts together.

    Parameters
    ----------
    hours : ndarray of shape (n,)
        Since the session began.
    tolerance : float
        The fall of the share of agreement that is accepted.
    """
    kept = ~np.isnan(agreed) & ~np.isnan(hours)
    agreed, hours, groups = agreed[kept], hours[kept], _numbered(session[kept])
    cuts = np.unique(np.quantile(hours, np.linspace(0.05, 0.95, 19))) if len(hours) else hours
    cuts = cuts[cuts >= FIRST_HOURS]
    critical = -float(special.ndtri(NO_FATIGUE / max(len(cuts), 1)))
    length = None
    while len(cuts):
        falls, scores = np.array([_fall(agreed, hours <= cut, groups) for cut in cuts]).T
        scores = np.where(falls > tolerance, scores, 0.0)
        best = int(scores.argmax())
        if scores[best] <= critical:
            break
        length = float(cuts[best])
        early = hours <= length
        agreed, hours, groups, cuts = agreed[early], hours[early], _numbered(groups[early]), cuts[:best]
    return length


def _ewma_error(level: float, answers: IntArray) -> FloatArray:
    """Return the standard error of the moving average after so many answers."""
    return np.sqrt(level * (1 - level) * MEMORY / (2 - MEMORY) * (1 - (1 - MEMORY) ** (2.0 * answers)))


@lru_cache(maxsize=4096)
def _ewma_multiple(level: float, answers: int, false_alarm: float) -> float:
    """Return the least L, to a hundredth, with at most the given probability of an alarm."""
    low, high = 0.0, float(np.sqrt((2 - MEMORY) / MEMORY * level / (1 - level)))  # of which no series alarms
    while high - low > 0.01:
        middle = (low + high) / 2
        if _ewma_alarms(level, answers, middle) > false_alarm:
            low = middle
        else:
            high = middle
    return high


def _ewma_alarms(level: float, answers: int, multiple: float) -> float:
    """Return the probability of an alarm, by the Markov chain of the average on a grid (Brook and Evans 1972).

    The average is rounded down after each answer, so that there are at most as many alarms as the chain has.
    """
    kept = (1 - MEMORY) * np.arange(STATES + 1)
    following = np.floor(np.concatenate([kept, kept + MEMORY * STATES])).astype(np.int64)
    steps = min(answers, 200)  # by then the average has forgotten its start: 0.9^200 is below 1e-9
    limits = np.ceil((level - multiple * _ewma_error(level, np.arange(1, steps + 1))) * STATES).astype(np.int64)
    masses = np.zeros(STATES + 1)
    masses[int(level * STATES)] = 1.0
    before = left = 1.0
    for limit in limits.tolist():
        masses = np.bincount(following, np.concatenate([(1 - level) * masses, level * masses]), STATES + 1).astype(np.float64)
        masses[: max(limit, 0)] = 0.0
        before, left = left, float(masses.sum())
        if left == 0:
            return 1.0
    return 1 - left * (left / before) ** (answers - steps)


def _numbered(session: IntArray) -> IntArray:
    """Return sessions numbered from 0 without holes."""
    return np.unique(session, return_inverse=True)[1].astype(np.int64)


def _within(values: FloatArray, groups: IntArray) -> FloatArray:
    """Return values less the mean of their session."""
    return values - (np.bincount(groups, values) / np.bincount(groups))[groups]


def _fall(agreed: FloatArray, early: npt.NDArray[np.bool_], groups: IntArray) -> tuple[float, float]:
    """Return how far agreement falls within sessions, and its score: Cochran, Mantel and Haenszel's, corrected for continuity."""
    counts, firsts, hits = np.bincount(groups), np.bincount(groups, early), np.bincount(groups, agreed)
    weights = firsts * (counts - firsts) / counts
    used = weights > 0
    counts, firsts, hits, weights = counts[used], firsts[used], hits[used], weights[used]
    if min(firsts.sum(), (counts - firsts).sum()) < FEWEST_ON_A_SIDE:
        return 0.0, 0.0
    excess = float((np.bincount(groups, agreed * early)[used] - firsts * hits / counts).sum())
    variance = float((weights * hits * (counts - hits) / (counts * (counts - 1))).sum())
    return excess / float(weights.sum()), (excess - 0.5) / float(np.sqrt(variance)) if variance else 0.0
