"""Learning curves: families of curves fitted to errors by variable projection, and averaged by how well they fit.

Every curve is a + b f(n), with a and b of 0 or more, which are found in closed form for each shape f on a grid: no start values, no local
optimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]

FEWEST_POINTS = 4
DRAWS = 2048
_RATES = np.geomspace(0.02, 3.0, 60)
_SHIFTS = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
_HALVES = np.geomspace(0.05, 50.0, 40)
_PRIMES = (2, 3)
_LEAST_DEVIATION = 1e-6


@dataclass(frozen=True, eq=False)
class Shapes:
    """One family of shapes on a grid: f(n) = shape(n, first, second), falling in n, 1 at the first number of labels.

    Attributes
    ----------
    family : str
    parameters : int
        Of the family, a and b among them.
    first, second : ndarray of shape (G,)
    """

    family: str
    parameters: int
    first: FloatArray
    second: FloatArray

    def at(self, ratios: FloatArray, rows: npt.NDArray[np.int64] | slice = slice(None)) -> FloatArray:
        """Return the values, shape (G, T), at T numbers of labels, which are given as multiples of the first."""
        first, second = self.first[rows, None], self.second[rows, None]
        if self.family in ("pow3", "pow4"):  # ((n + d) / (n_1 + d))^-c
            return ((ratios + second) / (1 + second)) ** -first
        if self.family == "mmf4":  # (1 + 1/h) / (1 + n^d / h)
            return (1 + 1 / second) / (1 + ratios**first / second)
        return np.exp(-second * (ratios**first - 1))  # wbl4, and exp3 with the exponent 1


def _grid() -> Iterator[Shapes]:
    def crossed(family: str, parameters: int, first: FloatArray, second: FloatArray) -> Shapes:
        pairs = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
        return Shapes(family, parameters, pairs[:, 0], pairs[:, 1])

    yield crossed("pow3", 3, np.geomspace(0.02, 3.0, 200), np.zeros(1))
    yield crossed("pow4", 4, _RATES, _SHIFTS)
    yield crossed("mmf4", 4, np.geomspace(0.1, 5.0, 30), _HALVES)
    yield crossed("wbl4", 4, np.geomspace(0.1, 3.0, 30), np.geomspace(0.005, 5.0, 40))
    yield crossed("exp3", 3, np.ones(1), np.geomspace(0.005, 5.0, 200))


FAMILIES = tuple(_grid())


@dataclass(frozen=True, eq=False)
class Curves:
    """Learning curves that are all about equally likely, and what they come from.

    Attributes
    ----------
    first : float
        The first number of labels.
    members : list of (Shapes, ndarray, ndarray, ndarray)
        For each family the rows of its grid, and a and b, one for each of its curves.
    weights : dict of str to float
        The share of each family.
    misfit : float
        Probability that the errors stray as far as they do from any falling curve, if they are as exact as they say.
    """

    first: float
    members: list[tuple[Shapes, npt.NDArray[np.int64], FloatArray, FloatArray]]
    weights: dict[str, float]
    misfit: float

    def at(self, labelled: FloatArray) -> FloatArray:
        """Return the error by each curve at each number of labels, shape (curves, T), from 0 to 1."""
        ratios = np.asarray(labelled, np.float64) / self.first
        found = [flat[:, None] + steep[:, None] * shapes.at(ratios, rows) for shapes, rows, flat, steep in self.members]
        return np.minimum(np.concatenate(found), 1.0)


def fit(labelled: FloatArray, errors: FloatArray, deviations: FloatArray) -> Curves:
    """Fit all families and draw curves in proportion to how likely they are.

    The likelihood is normal with the given standard errors, widened by a common factor if no curve fits that well (Birge, Physical Review
    1932); a family with one more parameter counts e^-1 as much (Akaike). Draws are spread evenly instead of at random (systematic
    resampling for the shapes, Halton points for a and b), so that the same errors always give the same curves.

    Parameters
    ----------
    labelled : ndarray of shape (T,)
        Numbers of labels, rising, above 0; at least `FEWEST_POINTS` of them.
    errors, deviations : ndarray of shape (T,)
        Errors and their standard errors.
    """
    ratios = labelled / labelled[0]
    precision = 1 / np.maximum(deviations, _LEAST_DEVIATION) ** 2
    solved = [_solved(shapes.at(ratios), errors, precision) for shapes in FAMILIES]
    best = min(float(each.squares.min()) for each in solved)
    widening = max(1.0, best / max(1, len(labelled) - 3))
    likely = np.concatenate(
        [
            -each.squares / (2 * widening) - shapes.parameters - np.log(len(shapes.first))
            for shapes, each in zip(FAMILIES, solved, strict=True)
        ]
    )
    shares = np.exp(likely - likely.max())
    shares /= shares.sum()
    picked = np.searchsorted(np.cumsum(shares), (np.arange(DRAWS) + 0.5) / DRAWS).clip(max=len(shares) - 1)
    points = _halton(DRAWS)
    starts = np.cumsum([0, *(len(shapes.first) for shapes in FAMILIES)])
    members, weights = [], {}
    for number, (shapes, each) in enumerate(zip(FAMILIES, solved, strict=True)):
        own = (picked >= starts[number]) & (picked < starts[number + 1])
        rows = picked[own] - starts[number]
        weights[shapes.family] = float(shares[starts[number] : starts[number + 1]].sum())
        if len(rows):
            members.append((shapes, rows, *each.drawn(rows, points[own], widening)))
    return Curves(float(labelled[0]), members, weights, _misfit(errors, precision))


@dataclass(frozen=True, eq=False)
class _Solved:
    """Weighted least squares for each shape.

    Attributes
    ----------
    flat, steep : ndarray of shape (G,)
        a and b, without bounds.
    squares : ndarray of shape (G,)
        What is left with a and b of 0 or more.
    covariance : ndarray of shape (G, 2, 2)
        Of a and b.
    """

    flat: FloatArray
    steep: FloatArray
    squares: FloatArray
    covariance: FloatArray

    def drawn(self, rows: npt.NDArray[np.int64], shares: FloatArray, widening: float) -> tuple[FloatArray, FloatArray]:
        """Return a and b for some shapes: from the normal distribution about the solution, cut at 0, at the given quantiles."""
        covariance = self.covariance[rows] * widening
        spread = covariance[:, 1, 1]
        steep = _above_zero(self.steep[rows], np.sqrt(spread), shares[:, 1])
        slope = covariance[:, 0, 1] / spread
        left = np.maximum(covariance[:, 0, 0] - slope * covariance[:, 0, 1], 0.0)
        flat = _above_zero(self.flat[rows] + slope * (steep - self.steep[rows]), np.sqrt(left), shares[:, 0])
        return flat, steep


def _solved(shape: FloatArray, errors: FloatArray, precision: FloatArray) -> _Solved:
    total, first, second = precision.sum(), shape @ precision, (shape * shape) @ precision
    level, slope = float(precision @ errors), shape @ (precision * errors)
    ridge = 1e-9 * second  # a shape that is flat over all points leaves a and b open
    determinant = total * (second + ridge) - first * first
    steep = (total * slope - first * level) / determinant
    flat = (level - steep * first) / total
    bounded_steep = np.where(flat < 0, slope / second, np.maximum(steep, 0.0))
    bounded_flat = np.where(flat < 0, 0.0, np.where(steep < 0, level / total, flat))
    misses = errors - bounded_flat[:, None] - bounded_steep[:, None] * shape
    inverse = np.stack([np.stack([second + ridge, -first], -1), np.stack([-first, np.full_like(first, total)], -1)], -2)
    return _Solved(flat, steep, (misses * misses) @ precision, inverse / determinant[:, None, None])


def _above_zero(mean: FloatArray, deviation: FloatArray, share: FloatArray) -> FloatArray:
    """Return quantiles of normal distributions of which only the part above 0 is left."""
    width = np.maximum(deviation, 1e-12)
    below = special.ndtr(-mean / width)
    found = mean + width * special.ndtri(below + share * (1 - below))
    far = mean < -6 * width  # the tail is then nearly exponential, and its quantiles beyond what ndtri can tell apart
    tail = -np.log1p(-share) * width * width / np.maximum(-mean, width)
    return np.maximum(np.where(far, tail, found), 0.0)


def _halton(count: int) -> FloatArray:
    """Return the first points of the Halton sequence in two dimensions, without the origin, shape (count, 2)."""
    points = np.zeros((count, len(_PRIMES)))
    for column, prime in enumerate(_PRIMES):
        left, scale = np.arange(1, count + 1), 1.0 / prime
        while left.any():
            points[:, column] += scale * (left % prime)
            left, scale = left // prime, scale / prime
    return points


def _misfit(errors: FloatArray, precision: FloatArray) -> float:
    """Return the tail probability of the squares that the best falling sequence leaves."""
    falling = optimize.isotonic_regression(errors, weights=precision, increasing=False).x
    squares = float(((errors - falling) ** 2) @ precision)
    return float(special.chdtrc(len(errors) - 1, squares))
