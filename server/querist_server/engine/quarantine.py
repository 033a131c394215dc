"""What guards put aside: counted by reason, the first of them listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from querist_server.engine.part import FloatArray, IndexArray, Suspects

MOST_LISTED = 10_000
"""How many guarded rows are named; all are counted."""


class Quarantine:
    """Takes suspects in the order in which guards find them."""

    def __init__(self) -> None:
        self.tallies: Counter[str] = Counter()
        self._found: list[tuple[IndexArray, FloatArray, str]] = []
        self._closed: list[tuple[IndexArray, FloatArray, str]] = []
        self._listed = 0

    @property
    def total(self) -> int:
        """How many rows were put aside."""
        return self.tallies.total()

    def add(self, suspects: Suspects, rows: IndexArray) -> None:
        """Take suspects and their row indices, none of which came before."""
        self.tallies[suspects.reason] += len(rows)
        room = MOST_LISTED - self._listed
        if len(rows) and room:
            self._found.append((rows[:room], suspects.values[:room], suspects.reason))
            self._listed += min(len(rows), room)

    def close(self, closures: Sequence[tuple[str, IndexArray]]) -> None:
        """Take rows that a growing batch closed, by reason; those that an earlier batch closed are not counted again."""
        before = np.concatenate([rows for rows, _, _ in self._closed]) if self._closed else np.empty(0, np.int64)
        for reason, rows in closures:
            fresh = rows[~np.isin(rows, before)] if len(before) else rows
            if len(fresh):
                self.tallies[reason] += len(fresh)
                self._closed.append((fresh, np.full(len(fresh), np.nan), reason))

    def listed(self) -> tuple[IndexArray, FloatArray, list[str]]:
        """Return the first rows, their measures and reasons: those put aside before the choice, then those that the batch closed."""
        if not self._found and not self._closed:
            return np.empty(0, np.int64), np.empty(0), []
        rows, values, reasons = (
            np.concatenate([before, closed]) for before, closed in zip(_by_row(self._found), _by_row(self._closed), strict=True)
        )
        return rows[:MOST_LISTED], values[:MOST_LISTED], reasons[:MOST_LISTED].tolist()


def _by_row(
    pieces: list[tuple[IndexArray, FloatArray, str]],
) -> tuple[IndexArray, FloatArray, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    rows = np.concatenate([np.empty(0, np.int64), *(piece for piece, _, _ in pieces)])
    values = np.concatenate([np.empty(0), *(piece for _, piece, _ in pieces)])
    reasons = np.array([reason for piece, _, reason in pieces for _ in range(len(piece))], object)
    order = np.argsort(rows, kind="stable")
    return rows[order], values[order], reasons[order]
