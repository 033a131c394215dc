"""What the pool's scores look like: moments and a histogram, folded block by block."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FOLDED_TOGETHER = 4096
"""Scores that are counted at a time, if they come in smaller pieces."""
MOST_BINS = 64
FARTHEST_BIN = 2**2100
"""Beyond the number of any bin: the largest float in units of the smallest."""


class Histogram:
    """Counts in bins whose width is a power of two and grows with the range, so that the result depends on the values alone.

    Two neighbouring bins of one width make exactly one bin of the next, which is why widening loses nothing and order does not matter.
    """

    def __init__(self) -> None:
        self._exponent: int | None = None
        self._first = 0
        self._counts = np.zeros(1, np.int64)

    def add(self, values: npt.NDArray[np.float64], low: float, high: float) -> None:
        """Count finite values whose extremes are `low` and `high`."""
        if self._exponent is None:
            self._exponent = _start_exponent(low, high)
            self._first = math.floor(math.ldexp(low, -self._exponent))
        while max(self._bin(high), self._first + len(self._counts) - 1) - min(self._bin(low), self._first) >= MOST_BINS:
            self._widen()
        self._cover(min(self._bin(low), self._first), max(self._bin(high), self._first + len(self._counts) - 1))
        scaled = values * 2.0**-self._exponent  # a power of two: exact, and many times faster than ldexp
        if low < 0:
            np.floor(scaled, out=scaled)
        bins = scaled.astype(np.int64)  # which cuts off
        bins -= self._first
        self._counts += np.bincount(bins, minlength=len(self._counts))

    def trim(self) -> None:
        """Drop empty bins at both ends."""
        filled = np.flatnonzero(self._counts)
        if len(filled):
            self._cover(self._first + int(filled[0]), self._first + int(filled[-1]))

    @property
    def low(self) -> float:
        """Lower edge of the first bin."""
        return math.ldexp(self._first, self._exponent or 0)

    @property
    def width(self) -> float:
        """Width of a bin."""
        return math.ldexp(1.0, self._exponent or 0)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Values in each bin."""
        return self._counts

    def _bin(self, value: float) -> int:
        try:
            return math.floor(math.ldexp(value, -(self._exponent or 0)))
        except OverflowError:  # so many bins away that their number is no float: the bins are far too narrow
            return FARTHEST_BIN if value > 0 else -FARTHEST_BIN

    def _widen(self) -> None:
        if self._first % 2:
            self._cover(self._first - 1, self._first + len(self._counts) - 1)
        if len(self._counts) % 2:
            self._cover(self._first, self._first + len(self._counts))
        self._counts = self._counts[::2] + self._counts[1::2]
        self._first //= 2
        self._exponent = (self._exponent or 0) + 1

    def _cover(self, first: int, last: int) -> None:
        """Make the bins run from `first` to `last`; what falls outside must be empty."""
        counts = np.zeros(last - first + 1, np.int64)
        start, stop = max(first, self._first), min(last, self._first + len(self._counts) - 1) + 1
        counts[start - first : stop - first] = self._counts[start - self._first : stop - self._first]
        self._first, self._counts = first, counts


def _start_exponent(low: float, high: float) -> int:
    """Return the exponent of a width at which the range surely fits and bin numbers stay exact, 48 bits below the larger end."""
    spread = math.frexp(high / 2 - low / 2)[1] - 4 if high > low else -1000  # 2^5 < MOST_BINS bins, one more for the edges
    finest = math.frexp(max(abs(low), abs(high)))[1] - 48
    return max(spread, finest, -1000)


class ScoreStatistics:
    """Lowest, highest, mean and standard deviation of the candidates' scores, and their histogram.

    Few scores wait until there are `FOLDED_TOGETHER`: folding costs more by the call than by the score.
    """

    def __init__(self) -> None:
        self._waiting: list[npt.NDArray[np.float64]] = []
        self._rows_waiting = 0
        self._count = 0
        self._low, self._high = math.inf, -math.inf
        self._histogram = Histogram()
        self._mean = 0.0
        self._squares = 0.0

    def add(self, scores: npt.NDArray[np.float64]) -> None:
        """Take the scores of the next candidates, which must not change any more."""
        if len(scores):
            self._waiting.append(scores)
            self._rows_waiting += len(scores)
        if self._rows_waiting >= FOLDED_TOGETHER:
            self._fold()

    @property
    def count(self) -> int:
        """Number of the scores."""
        return self._folded._count

    @property
    def low(self) -> float:
        """Lowest of the scores; infinite if there are none."""
        return self._folded._low

    @property
    def high(self) -> float:
        """Highest of the scores; minus infinite if there are none."""
        return self._folded._high

    @property
    def histogram(self) -> Histogram:
        """How many scores are in which range."""
        return self._folded._histogram

    @property
    def mean(self) -> float:
        """Mean of the scores."""
        return self._folded._mean

    @property
    def std(self) -> float:
        """Standard deviation of the scores, divided by their number."""
        return math.sqrt(self._folded._squares / self._count) if self.count else 0.0

    @property
    def _folded(self) -> ScoreStatistics:
        """The same, with nothing waiting."""
        if self._waiting:
            self._fold()
        return self

    @np.errstate(over="ignore", invalid="ignore")  # near the largest float a sum may be infinite or none at all, and a deviation infinite
    def _fold(self) -> None:
        """Fold in what waits (Chan, Golub and LeVeque 1983: pairwise update of the moments)."""
        scores = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
        self._waiting, self._rows_waiting = [], 0
        low, high, total = float(scores.min()), float(scores.max()), float(scores.sum())
        mean = total / len(scores) if math.isfinite(total) else float((scores / len(scores)).sum())
        deviation = scores - mean
        gap = mean - self._mean
        count = self._count + len(scores)
        self._squares += float(np.einsum("i,i->", deviation, deviation)) + gap * (self._count * len(scores) / count) * gap
        self._mean += gap * (len(scores) / count)
        self._count = count
        self._low, self._high = min(self._low, low), max(self._high, high)
        self._histogram.add(scores, low, high)
