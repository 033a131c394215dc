"""What is kept of the rows that have streamed past: the best few, or all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from querist_server.engine.kernels import top

Columns = dict[str, npt.NDArray[Any]]
Gather = Callable[[npt.NDArray[np.int64]], Columns]

SLACK_ROWS = 4096
"""Rows that may pile up before the best are picked out again; the larger, the rarer the sorting."""
GROWTH_BYTES = 16 * 2**20
"""How much a column that keeps every row grows at a time: large pieces of memory are moved by their page table, not by copying."""
CHUNK_BYTES = 2**20
"""Rows that are moved at a time."""


class Kept(Protocol):
    """Columns of rows that were kept, with "kept_by" and "index" among them."""

    bytes: int

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

    def columns(self) -> Columns:
        """Return the columns of the kept rows by rising row index; what was kept is handed over."""


class Best:
    """Keeps the rows with the highest values, ties to the lowest row index.

    Parameters
    ----------
    capacity : int
        How many rows.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._pieces: list[Columns] = []
        self._pending = 0
        self._threshold = -np.inf
        self.bytes = 0

    def add(self, values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], gather: Gather) -> None:
        """Take the next rows."""
        positions = self._contenders(values)
        if not len(positions):
            return
        piece = {"kept_by": values[positions], "index": rows[positions], **gather(positions)}
        self._pieces.append(piece)
        self._pending += len(positions)
        self.bytes += sum(column.nbytes for column in piece.values())
        if self._pending > self._bearable():
            self._compact()

    def columns(self) -> Columns:
        """Return the columns of the kept rows by rising row index."""
        if self._pending > self._capacity:
            self._compact()
        joined = self._joined()
        by_index = np.argsort(joined["index"], kind="stable")
        return {name: column[by_index] for name, column in joined.items()}

    def _bearable(self) -> int:
        """Return how many rows may pile up: no more than are wanted until a threshold is known, which spares later blocks their sorting."""
        return self._capacity if self._threshold == -np.inf else 2 * self._capacity + SLACK_ROWS

    def _contenders(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
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
        return self._pieces[0] if self._pieces else {"index": np.empty(0, np.int64)}

    def _compact(self) -> None:
        joined = self._joined()
        best = top.top(joined["kept_by"], joined["index"], self._capacity)
        self._threshold = float(joined["kept_by"][best[-1]])
        self._pieces = [{name: column[best] for name, column in joined.items()}]
        self._pending = len(best)
        self.bytes = sum(column.nbytes for column in self._pieces[0].values())


class Everything:
    """Keeps every row, each column in one piece of memory that grows in place, so that no second copy of the pool is ever made."""

    def __init__(self) -> None:
        self._columns: Columns = {}
        self._rows = 0
        self.bytes = 0

    def add(self, values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], gather: Gather) -> None:
        """Take the next rows."""
        stop = self._rows + len(rows)
        for name, column in {"kept_by": values, "index": rows, **gather(np.arange(len(rows)))}.items():
            self._room(name, column, stop)[self._rows : stop] = column
        self._rows = stop

    def columns(self) -> Columns:
        """Return the columns of all rows."""
        columns, self._columns = self._columns, {}
        return {name: column[: self._rows] for name, column in columns.items()} or {"index": np.empty(0, np.int64)}

    def _room(self, name: str, column: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
        """Return the column's memory, with room for so many rows."""
        held = self._columns.get(name)
        if held is None:
            held = self._columns[name] = np.empty((rows, *column.shape[1:]), column.dtype)
            self.bytes += held.nbytes
        if len(held) < rows:
            step = max(GROWTH_BYTES // max(1, held.itemsize * int(np.prod(held.shape[1:]))), 1)
            before = held.nbytes
            held.resize((max(rows, min(len(held) + step, 2 * rows)), *held.shape[1:]), refcheck=False)  # nobody else has seen it yet
            self.bytes += held.nbytes - before
        return held


def without(columns: Columns, out: npt.NDArray[np.bool_]) -> Columns:
    """Return the columns without some rows, moved within their own memory, which the caller gives up.

    Parameters
    ----------
    columns : dict of str to ndarray
        Of equal length n.
    out : ndarray of shape (n,), bool
        Which rows go.
    """
    if not out.any():
        return columns
    staying = np.flatnonzero(~out)
    for column in {id(column): column for column in columns.values()}.values():  # two names may stand for one column
        step = max(1, CHUNK_BYTES // max(1, column.nbytes // max(1, len(column))))
        for start in range(0, len(staying), step):
            chunk = staying[start : start + step]
            column[start : start + len(chunk)] = column[chunk]
    return {name: column[: len(staying)] for name, column in columns.items()}
