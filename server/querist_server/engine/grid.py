"""One canonical cut of the pool into blocks, whatever pieces the rows came in.

Some operations round differently when an array has another length, so rows are cut at multiples of one block length, counted from the first
row of the pool, before any arithmetic. The block length follows from the width of a row alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist_server.engine.pieces import Pieces
from querist_server.engine.ragged import Ragged

Columns = dict[str, Any]
"""Arrays, or `Ragged` parts, by name."""

BLOCK_BYTES = 2 * 2**20
"""What a block should weigh. Measured, 1M rows of 10 classes by blocks of 0.5, 1, 2, 4 and 8 MiB: 47, 40, 33, 35 and 51 ms. What is done
once for a block takes as long as its arithmetic where blocks are small; large ones outgrow the caches."""
FEWEST_ROWS = 64
MOST_ROWS = 65_536


def block_rows(row_bytes: int) -> int:
    """Return the number of rows of a block: the power of two that comes closest to `BLOCK_BYTES` from below, within bounds."""
    fitting = max(1, BLOCK_BYTES // max(1, row_bytes))
    return int(min(max(2 ** (fitting.bit_length() - 1), FEWEST_ROWS), MOST_ROWS))


def row_bytes(columns: Mapping[str, Any]) -> int:
    """Return the bytes of one row over all columns, parts not counted."""
    arrays = (column for column in columns.values() if not isinstance(column, Ragged))
    return sum(int(np.prod(column.shape[1:], dtype=np.int64)) * column.dtype.itemsize for column in arrays)


def block_parts(columns: Mapping[str, Any]) -> int:
    """Return the number of parts at which a block ends."""
    return max(1, max((BLOCK_BYTES // max(1, column.part_bytes) for column in columns.values() if isinstance(column, Ragged)), default=1))


@dataclass(frozen=True)
class Cut:
    """Consecutive rows as they were sent."""

    first_row: int
    columns: Columns


class Grid:
    """Takes rows in pieces of any length and gives them back in blocks of one length.

    A block that lies within one piece is a view of it; only blocks that span pieces are copied. Pieces are held until their block is full.

    Parameters
    ----------
    length : int
        Rows of a block.
    parts : int
        Parts at which a block ends earlier, if rows consist of parts.
    """

    def __init__(self, length: int, parts: int = 1) -> None:
        self._length, self._parts = length, parts
        self._first_row = 0
        self._pieces: Pieces[Columns] = Pieces(_join)
        self._pending = self._pending_parts = 0

    def add(self, columns: Columns, rows: int) -> Iterator[Cut]:
        """Take the next rows and give back the blocks that are full."""
        totals = _part_totals(columns)
        start = 0
        while start < rows:
            stop = self._end(start, totals)
            if stop > rows:
                self._hold(_rows(columns, start, rows), rows - start, totals, start)
                return
            if self._pending:
                self._hold(_rows(columns, start, stop), stop - start, totals, start)
                yield self._release()
            else:
                yield self._cut(_rows(columns, start, stop), stop - start)
            start = stop

    def rest(self) -> Iterator[Cut]:
        """Give back the last block, which may be short."""
        if self._pending:
            yield self._release()

    def _end(self, start: int, totals: npt.NDArray[np.int64] | None) -> int:
        """Return where the block that is being filled ends, counted in the rows at hand; beyond them if it does not end there."""
        stop = start + self._length - self._pending
        if totals is None:
            return stop
        full = totals[start] + self._parts - self._pending_parts
        return min(stop, int(np.searchsorted(totals[1:], full)) + 1)

    def _hold(self, columns: Columns, rows: int, totals: npt.NDArray[np.int64] | None, start: int) -> None:
        self._pieces.append(columns, rows)
        self._pending += rows
        if totals is not None:
            self._pending_parts += int(totals[start + rows] - totals[start])

    def _release(self) -> Cut:
        columns, rows = self._pieces.joined(), self._pending
        self._pieces, self._pending, self._pending_parts = Pieces(_join), 0, 0
        return self._cut(columns, rows)

    def _cut(self, columns: Columns, rows: int) -> Cut:
        cut = Cut(self._first_row, columns)
        self._first_row += rows
        return cut


def _rows(columns: Columns, start: int, stop: int) -> Columns:
    return {name: column[start:stop] for name, column in columns.items()}


def _join(pieces: list[Columns]) -> Columns:
    return {name: _joined([piece[name] for piece in pieces]) for name in pieces[0]}


def _joined(pieces: list[Any]) -> Any:
    return Ragged.joined(pieces) if isinstance(pieces[0], Ragged) else np.concatenate(pieces)


def _part_totals(columns: Columns) -> npt.NDArray[np.int64] | None:
    """Return how many parts come before each row, shape (n + 1,); None if rows have no parts."""
    ragged = next((column for column in columns.values() if isinstance(column, Ragged)), None)
    return None if ragged is None else np.concatenate((np.zeros(1, np.int64), np.cumsum(ragged.counts, dtype=np.int64)))
