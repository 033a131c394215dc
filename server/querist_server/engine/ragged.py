"""Rows that consist of parts: tokens of texts, boxes and pixels of images. A column whose rows have different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ragged:
    """Parts of consecutive rows, one row's after the other's.

    Attributes
    ----------
    counts : ndarray of shape (n,), integers
        How many parts each row has.
    columns : dict of str to ndarray
        What is known of the parts; each has sum(counts) rows.
    """

    counts: Array
    columns: dict[str, Array]

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, rows: slice) -> Ragged:
        start, stop, _ = rows.indices(len(self.counts))
        first = int(self.counts[:start].sum())
        last = first + int(self.counts[start:stop].sum())
        return Ragged(self.counts[start:stop], {name: column[first:last] for name, column in self.columns.items()})

    @property
    def part_bytes(self) -> int:
        """Bytes of one part over all columns."""
        return sum(int(np.prod(column.shape[1:], dtype=np.int64)) * column.dtype.itemsize for column in self.columns.values())

    @classmethod
    def joined(cls, pieces: Sequence[Ragged]) -> Ragged:
        """Return the rows of all pieces, one after the other."""
        names = pieces[0].columns
        return cls(
            np.concatenate([piece.counts for piece in pieces]),
            {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in names},
        )
