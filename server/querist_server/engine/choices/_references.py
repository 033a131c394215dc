"""The instances that a sum over all candidates runs over, where there are too many."""

from __future__ import annotations

import numpy as np

from querist_server.engine.kernels import noise, top
from querist_server.engine.part import IndexArray


def drawn_references(rows: IndexArray, most: int, seed: int) -> IndexArray:
    """Return the positions of at most so many candidates, drawn at random by their row indices, rising."""
    if len(rows) <= most:
        return np.arange(len(rows))
    return np.sort(top.top(noise.uniform(seed, noise.Purpose.REFERENCE, rows), rows, most))
