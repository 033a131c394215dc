"""Quantiles of a pool's scores, from the histogram that a selection makes of them anyway."""

from __future__ import annotations

import numpy as np

from querist_server.engine.selection import Statistics

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(statistics: Statistics) -> list[float]:
    """Return the quantiles at `SHARES`: exact to the width of a bin, within which scores are taken to be spread evenly.

    Empty bins at the ends do not count, and the smallest and the largest score are known exactly.
    """
    below = [0, *np.cumsum(statistics.histogram_counts).tolist()]
    if not below[-1]:
        return [float("nan")] * len(SHARES)
    bins = np.interp([share * below[-1] for share in SHARES], below, range(len(below))).tolist()
    low, width = statistics.histogram_low, statistics.histogram_width
    return [min(max(low + width * place, statistics.score_min), statistics.score_max) for place in bins]
