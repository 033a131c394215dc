"""Quantiles of a pool's scores, from the histogram that a selection makes of them anyway."""

from __future__ import annotations

import numpy as np

from querist_server.engine.selection import Statistics

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(statistics: Statistics) -> list[float]:
    """Return the quantiles at `SHARES`: exact to the width of a bin, within which scores are taken to be spread evenly.

    Empty bins at the ends do not count, and the smallest and the largest score are known exactly.
    """
    counts = statistics.histogram_counts
    if not counts.sum():
        return [float("nan")] * len(SHARES)
    edges = statistics.histogram_low + statistics.histogram_width * np.arange(len(counts) + 1)
    below = np.concatenate(([0], np.cumsum(counts))) / counts.sum()
    found = np.interp(SHARES, below, edges)
    return np.clip(found, statistics.score_min, statistics.score_max).tolist()
