"""Tails of the hypergeometric distribution against scipy, and against exact arithmetic where scipy takes too long."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from querist_server.engine.kernels.hypergeometric import Hypergeometric
from scipy import stats


def drawn(rng, most, count):
    total = rng.integers(1, most, count).astype(float)
    marked, draws = (np.floor(rng.random(count) * (total + 1)) for _ in range(2))
    return total, marked, draws, np.floor(rng.random(count) * (np.minimum(marked, draws) + 1))


@pytest.mark.parametrize("most", [3, 20, 500, 20_000])
def test_tails_and_probabilities_are_scipys(rng, most):
    total, marked, draws, x = drawn(rng, most, 2000)
    distribution = Hypergeometric(total, marked, draws)
    expected = stats.hypergeom.cdf(x, total, marked, draws)
    np.testing.assert_allclose(distribution.lower_tail(x), expected, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(distribution.probability(x), stats.hypergeom.pmf(x, total, marked, draws), rtol=1e-9, atol=1e-300)
    assert np.all(distribution.lower_bounds(x) <= expected * (1 + 1e-9) + 1e-12)


def exact(x: int, total: int, marked: int, draws: int) -> float:
    ways = sum(comb(marked, each) * comb(total - marked, draws - each) for each in range(x + 1))
    return float(Fraction(ways, comb(total, draws)))


@pytest.mark.parametrize("total", [10**6, 2**31, 2**50])
@pytest.mark.parametrize(("x", "marked", "draws"), [(0, 1, 1), (1, 2, 2), (0, 40, 300), (3, 7, 200), (20, 90, 100)])
def test_large_populations_against_exact_arithmetic(total, x, marked, draws):
    (found,) = Hypergeometric(*(np.array([float(each)]) for each in (total, marked, draws))).lower_tail(np.array([float(x)]))
    assert found == pytest.approx(exact(x, total, marked, draws), rel=1e-9)


@pytest.mark.parametrize("marked", [2**20, 2**30])
def test_large_populations_of_which_many_are_marked(marked):
    (found,) = Hypergeometric(*(np.array([float(each)]) for each in (2**31, marked, 60))).lower_tail(np.array([3.0]))
    assert found == pytest.approx(exact(3, 2**31, marked, 60), rel=1e-6)  # the logarithms are of size 1e9
