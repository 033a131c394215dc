"""The highest values, ties to the lowest row index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def ranking(values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the positions by falling value, ties by rising row index."""
    return np.lexsort((rows, -values))


def top(values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Return the first `count` positions of `ranking`, without ordering the rest."""
    if count >= len(values):
        return ranking(values, rows)
    if not count:
        return np.empty(0, np.int64)
    threshold = np.partition(values, len(values) - count)[len(values) - count]
    contenders = np.flatnonzero(values >= threshold)
    return contenders[ranking(values[contenders], rows[contenders])[:count]]


def mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return each value's rank from 0 (lowest) to n - 1; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]


def rank_shares(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return each value's rank as a share: 0 is the lowest, 1 the highest; equal values share their mean rank."""
    return mean_ranks(values) / max(1, len(values) - 1)
