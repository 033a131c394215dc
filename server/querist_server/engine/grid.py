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

Columns = dict[str, npt.NDArray[Any]]

BLOCK_BYTES = 512 * 1024
"""What a block should weigh: it and what is derived from it should stay in a core's second-level cache."""
FEWEST_ROWS = 64
MOST_ROWS = 16_384


def block_rows(row_bytes: int) -> int:
    """Return the number of rows of a block: the power of two that comes closest to `BLOCK_BYTES` from below, within bounds."""
    fitting = max(1, BLOCK_BYTES // max(1, row_bytes))
    return int(min(max(2 ** (fitting.bit_length() - 1), FEWEST_ROWS), MOST_ROWS))


def row_bytes(columns: Mapping[str, npt.NDArray[Any]]) -> int:
    """Return the bytes of one row over all columns."""
    return sum(int(np.prod(column.shape[1:], dtype=np.int64)) * column.dtype.itemsize for column in columns.values())


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
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._first_row = 0
        self._pieces: list[Columns] = []
        self._pending = 0

    def add(self, columns: Columns, rows: int) -> Iterator[Cut]:
        """Take the next rows and give back the blocks that are full."""
        start = 0
        if self._pending:
            start = min(rows, self._length - self._pending)
            self._hold(_rows(columns, 0, start), start)
            if self._pending == self._length:
                yield self._release()
        while rows - start >= self._length:
            yield self._cut(_rows(columns, start, start + self._length), self._length)
            start += self._length
        if start < rows:
            self._hold(_rows(columns, start, rows), rows - start)

    def rest(self) -> Iterator[Cut]:
        """Give back the last block, which may be short."""
        if self._pending:
            yield self._release()

    def _hold(self, columns: Columns, rows: int) -> None:
        self._pieces.append(columns)
        self._pending += rows

    def _release(self) -> Cut:
        pieces, rows = self._pieces, self._pending
        self._pieces, self._pending = [], 0
        if len(pieces) == 1:
            return self._cut(pieces[0], rows)
        return self._cut({name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}, rows)

    def _cut(self, columns: Columns, rows: int) -> Cut:
        cut = Cut(self._first_row, columns)
        self._first_row += rows
        return cut


def _rows(columns: Columns, start: int, stop: int) -> Columns:
    return {name: column[start:stop] for name, column in columns.items()}
