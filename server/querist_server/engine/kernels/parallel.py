"""Pieces of one computation on several threads, where whoever runs it has places to compute in that nobody else wants.

What is computed does not depend on it: each piece writes what is its own. numpy and BLAS let go of the interpreter within a piece.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Protocol

FEWEST_PIECES = 4
"""Pieces below which it takes longer to wake another thread than it spares."""
MOST_HELPERS = 7


class Spare(Protocol):
    """Places to compute in beside one's own. Thread-safe."""

    def borrow(self) -> bool:
        """Take one, and tell whether there was one that nobody waits for."""

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a place."""

    def give_back(self, seconds: float) -> None:
        """Give one back after so many seconds."""


_LENT = threading.local()
_HELPERS = ThreadPoolExecutor(64, "querist-helper")  # threads are started when they are first needed


@contextmanager
def lent(spare: Spare) -> Iterator[None]:
    """Let what runs on this thread use spare places."""
    _LENT.spare = spare
    try:
        yield
    finally:
        _LENT.spare = None


def pieces(count: int, step: int) -> list[slice]:
    """Return so many rows in slices of at most `step`."""
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def each(function: Callable[[slice], None], slices: Sequence[slice], checkpoint: Callable[[], None]) -> None:
    """Call a function with each slice, in any order and perhaps on several threads at once.

    Parameters
    ----------
    function : callable
        Writes for each slice what no other slice reads or writes.
    slices : sequence of slice
    checkpoint : callable
        Called on this thread between slices; if it raises, no more are begun, and those that run are waited for.
    """
    left = deque(slices)
    spare: Spare | None = getattr(_LENT, "spare", None)
    helpers: list[Future[None]] = []
    if spare is not None and len(left) >= FEWEST_PIECES:
        while len(helpers) < min(len(left) - 1, MOST_HELPERS) and spare.borrow():
            helpers.append(_HELPERS.submit(contextvars.copy_context().run, _help, spare, function, left))
    try:
        while left:
            checkpoint()
            _next(function, left)
    finally:
        left.clear()
        if helpers:
            wait(helpers)
    for helper in helpers:
        helper.result()


def _help(spare: Spare, function: Callable[[slice], None], left: deque[slice]) -> None:
    started = time.perf_counter()
    try:
        while left and not spare.wanted:
            _next(function, left)
    except BaseException:
        left.clear()  # the error is raised where the pieces are waited for
        raise
    finally:
        spare.give_back(time.perf_counter() - started)


def _next(function: Callable[[slice], None], left: deque[slice]) -> None:
    try:
        piece = left.popleft()
    except IndexError:  # another thread has just taken the last
        return
    function(piece)
