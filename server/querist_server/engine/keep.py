"""What is kept of the rows that have streamed past: the best few, or all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import top

Columns = dict[str, npt.NDArray[Any]]
Gather = Callable[[npt.NDArray[np.int64]], Columns]

SLACK_ROWS = 4096
"""Rows that may pile up before the best are picked out again; the larger, the rarer the sorting."""


class Keep:
    """Keeps columns of the rows with the highest values, ties to the lowest row index.

    Parameters
    ----------
    capacity : int or None
        How many rows; None keeps every row.
    """

    def __init__(self, capacity: int | None) -> None:
        self._capacity = capacity
        self._pieces: list[Columns] = []
        self._pending = 0
        self._threshold = -np.inf
        self.bytes = 0

    def add(self, values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], gather: Gather) -> None:
        """Take the next rows.

        Parameters
        ----------
        values : ndarray of shape (n,)
            What they are kept by.
        rows : ndarray of shape (n,)
            Their row indices, rising and above all that came before: a later row loses a tie.
        gather : callable
            Returns the columns of the rows at given positions; called only for rows that may stay.
        """
        positions = self._contenders(values)
        if not len(positions):
            return
        piece = {"value": values[positions], "index": rows[positions], **gather(positions)}
        self._pieces.append(piece)
        self._pending += len(positions)
        self.bytes += sum(column.nbytes for column in piece.values())
        if self._capacity is not None and self._pending > self._bearable():
            self._compact()

    def columns(self) -> Columns:
        """Return the columns of the kept rows by rising row index, with "value" and "index" among them."""
        if self._capacity is not None and self._pending > self._capacity:
            self._compact()
        joined = self._joined()
        by_index = np.argsort(joined["index"], kind="stable")
        return {name: column[by_index] for name, column in joined.items()}

    def _bearable(self) -> int:
        """Return how many rows may pile up: no more than are wanted until a threshold is known, which spares later blocks their sorting."""
        capacity = self._capacity or 0
        return capacity if self._threshold == -np.inf else 2 * capacity + SLACK_ROWS

    def _contenders(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        if self._capacity is None:
            return np.arange(len(values))
        if self._threshold > -np.inf:
            if values.max(initial=-np.inf) <= self._threshold:
                return np.empty(0, np.int64)
            return np.flatnonzero(values > self._threshold)
        if len(values) > self._capacity > 0:
            return np.sort(top.top(values, np.arange(len(values)), self._capacity))
        return np.arange(len(values) if self._capacity else 0)

    def _joined(self) -> Columns:
        if len(self._pieces) > 1:
            self._pieces = [{name: np.concatenate([piece[name] for piece in self._pieces]) for name in self._pieces[0]}]
        return self._pieces[0]

    def _compact(self) -> None:
        joined = self._joined()
        best = top.top(joined["value"], joined["index"], self._capacity or 0)
        self._threshold = float(joined["value"][best[-1]])
        self._pieces = [{name: column[best] for name, column in joined.items()}]
        self._pending = len(best)
        self.bytes = sum(column.nbytes for column in self._pieces[0].values())
