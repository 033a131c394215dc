"""Tails of the hypergeometric distribution, in a time that does not grow with the population.

scipy's `hypergeom.cdf` (1.17) takes time in proportion to the population: 4 s for one value of two thousand million.

X is the number of marked ones among `draws` of a population of `total` of which `marked` are marked. A tail is its largest term times a sum
of ratios of neighbours, P(X = x - 1) / P(X = x) = x (total - marked - draws + x) / ((marked - x + 1) (draws - x + 1)), which falls with x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
_NEGLIGIBLE = 1e-18


@dataclass(frozen=True)
class Hypergeometric:
    """Distributions, one for each entry; x, at which they are asked, likewise. x is at most `marked` and `draws`.

    Attributes
    ----------
    total, marked, draws : ndarray of shape (n,), float64
        Whole numbers; `marked` and `draws` are at most `total`.
    """

    total: FloatArray
    marked: FloatArray
    draws: FloatArray

    def at(self, entries: npt.NDArray[np.intp]) -> Hypergeometric:
        """Return some of them."""
        return Hypergeometric(self.total[entries], self.marked[entries], self.draws[entries])

    def probability(self, x: FloatArray) -> FloatArray:
        """Return P(X = x)."""
        logs = _log_choose(self.marked, x) + _log_choose(self.total - self.marked, self.draws - x) - _log_choose(self.total, self.draws)
        found: FloatArray = np.exp(logs)
        return found

    def lower_tail(self, x: FloatArray) -> FloatArray:
        """Return P(X <= x), from the terms below x or, where those grow, from the terms above."""
        below = self._down(x) < 1
        tail = np.where(below, x, x + 1)
        tail = np.minimum(tail, np.minimum(self.marked, self.draws))
        beyond = ~below & (tail == x)
        sums = self.probability(tail) * self._ratios(tail, below)
        return np.where(beyond, 1.0, np.clip(np.where(below, sums, 1 - sums), 0.0, 1.0))

    def lower_bounds(self, x: FloatArray) -> FloatArray:
        """Return what P(X <= x) is not below: its last term; where the terms grow downwards, what the terms above leave at least."""
        above = np.minimum(x + 1, np.minimum(self.marked, self.draws))
        up = self._up(above)
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.where(above == x, 0.0, np.where(up < 1, self.probability(above) / (1 - up), 1.0))
        return np.where(self._down(x) < 1, self.probability(x), np.clip(1 - rest, 0.0, 1.0))

    def _down(self, x: FloatArray) -> FloatArray:
        return x * (self.total - self.marked - self.draws + x) / ((self.marked - x + 1) * (self.draws - x + 1))

    def _up(self, x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):  # just below the smallest x that can be
            return (self.marked - x) * (self.draws - x) / ((x + 1) * (self.total - self.marked - self.draws + x + 1))

    def _ratios(self, x: FloatArray, downwards: npt.NDArray[np.bool_]) -> FloatArray:
        """Return 1 plus the products of ratios from x on, to where they no longer count."""
        sums, term, place = np.ones(len(x)), np.ones(len(x)), x.copy()
        going = np.arange(len(x))
        while len(going):
            some = self.at(going)
            down = downwards[going]
            term[going] *= np.where(down, some._down(place[going]), some._up(place[going]))
            sums[going] += term[going]
            place[going] += np.where(down, -1, 1)
            going = going[term[going] > _NEGLIGIBLE * sums[going]]
        return sums


def _log_choose(n: FloatArray, k: FloatArray) -> FloatArray:
    """Return log of n over k; -inf where k is below 0 or above n."""
    inside = (k >= 0) & (k <= n)
    n, k = np.where(inside, n, 0.0), np.where(inside, k, 0.0)
    return np.where(inside, -special.betaln(n - k + 1, k + 1) - np.log1p(n), -np.inf)
