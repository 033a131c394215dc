"""The quantile beside scipy's distribution, and beside sums of exact fractions."""

from fractions import Fraction
from math import comb

import pytest
from querist_server.engine.kernels import binomial
from scipy import stats

ROUNDING = Fraction(1, 10**12)
"""A level that a count meets exactly may be met by the next one in doubles."""


@pytest.mark.parametrize("share", [0.001, 0.2, 0.51, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999999])
def test_it_is_the_distributions(level, share):
    for size in (1, 2, 7, 100, 5_000, 1_000_000):
        assert binomial.quantile(level, size, share) == stats.binom.ppf(level, size, share)


@pytest.mark.parametrize("size", [1, 5, 30, 200])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.9375])
@pytest.mark.parametrize("level", [0.25, 0.5, 0.9, 0.999])
def test_no_smaller_count_reaches_the_level(size, share, level):
    found, chance = binomial.quantile(level, size, share), Fraction(share)
    terms = [comb(size, count) * chance**count * (1 - chance) ** (size - count) for count in range(found + 1)]
    assert sum(terms) >= Fraction(level) * (1 - ROUNDING)
    assert sum(terms[:-1]) < Fraction(level) * (1 + ROUNDING)
