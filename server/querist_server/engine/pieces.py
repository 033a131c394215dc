"""Rows that arrive in pieces and are wanted whole. A million pieces of one row weigh no more than one piece of a million."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

T = TypeVar("T")

MOST_LOOSE = 256
"""Pieces that are held as they came before they are put together: the object around a row may be a hundred times as large as the row."""


class Pieces(Generic[T]):
    """Pieces in the order they came.

    Parameters
    ----------
    join : callable
        Puts consecutive pieces together.
    """

    def __init__(self, join: Callable[[list[T]], T]) -> None:
        self._join = join
        self._whole: list[T] = []
        self._loose: list[T] = []
        self.rows = 0

    def __bool__(self) -> bool:
        return bool(self._whole or self._loose)

    def append(self, piece: T, rows: int) -> None:
        """Take the next piece. Of pieces without rows only the first is kept, which says what kind of rows there are."""
        if not rows and self:
            return
        self.rows += rows
        self._loose.append(piece)
        if len(self._loose) == MOST_LOOSE:
            self._whole.append(self._join(self._loose))
            self._loose = []

    @property
    def first(self) -> T:
        """The first piece, alone or with others behind it."""
        return (self._whole or self._loose)[0]

    def joined(self) -> T:
        """Return all in one."""
        pieces = [*self._whole, *self._loose]
        return pieces[0] if len(pieces) == 1 else self._join(pieces)


def join_columns(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Put columns together that have the same names in each piece."""
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
