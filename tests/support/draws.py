"""Exact probabilities of drawing without replacement, by going through all orders, and how well frequencies fit them."""

from collections.abc import Callable

import numpy as np
from scipy import stats


def inclusion(weights: list[float], count: int) -> np.ndarray:
    """Probability that each entry is among `count` draws without replacement, each draw in proportion to the weights that are left."""

    def spread(left: tuple[int, ...], draws: int, chance: float, total: np.ndarray) -> None:
        if not draws:
            return
        mass = sum(weights[i] for i in left)
        for i in left:
            share = chance * weights[i] / mass
            total[i] += share
            spread(tuple(j for j in left if j != i), draws - 1, share, total)

    total = np.zeros(len(weights))
    spread(tuple(range(len(weights))), count, 1.0, total)
    return total


def fits(draw: Callable[[int], np.ndarray], weights: list[float], count: int, seeds: int = 3000) -> None:
    """Assert that the frequencies over many seeds are those of exact draws: each within five standard errors."""
    expected = inclusion(weights, count)
    seen = np.zeros(len(weights))
    for seed in range(seeds):
        seen[draw(seed)] += 1
    error = np.sqrt(expected * (1 - expected) / seeds)
    assert (np.abs(seen / seeds - expected) < 5 * error + 1e-9).all(), (seen / seeds, expected)
    first = np.bincount([draw(seed)[0] for seed in range(seeds)], minlength=len(weights))
    assert stats.chisquare(first, np.array(weights) / sum(weights) * seeds).pvalue > 1e-5
