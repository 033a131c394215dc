"""Pieces of one computation on several threads, where whoever runs it has places to compute in that nobody else wants.

What is computed does not depend on it: each piece writes or returns what is its own. numpy and BLAS let go of the interpreter within a
piece.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

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


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Give what a function makes of each item, in their order, while it is perhaps at work on later ones on other threads.

    At most `MOST_HELPERS` + 2 items and results are held. Of several errors, among them the items' own, the first by that order is raised.
    """
    spare: Spare | None = getattr(_LENT, "spare", None)
    if spare is None:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    try:
        for item, last in _with_last(items):
            if not last and spare.borrow():
                waiting.append(_HELPERS.submit(contextvars.copy_context().run, _once, spare, function, item))
            else:
                waiting.append(_done(function, item))
            while last and waiting:
                yield waiting.popleft().result()
            if waiting and (len(waiting) > MOST_HELPERS or waiting[0].done()):
                yield waiting.popleft().result()
    finally:
        wait(waiting)


def _with_last(items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    """Give each item, and whether no more come; an error of the items comes in the place of the next."""
    rest = iter(items)
    try:
        item = next(rest)
    except StopIteration:
        return
    while True:
        try:
            following = next(rest)
        except StopIteration:
            yield item, True
            return
        except Exception:
            yield item, True
            raise
        yield item, False
        item = following


def _done(function: Callable[[Item], Result], item: Item) -> Future[Result]:
    """Do it here and now; its error is raised when it is asked for the result."""
    future: Future[Result] = Future()
    try:
        future.set_result(function(item))
    except Exception as error:  # noqa: BLE001 - raised in its place
        future.set_exception(error)
    return future


def _once(spare: Spare, function: Callable[[Item], Result], item: Item) -> Result:
    started = time.perf_counter()
    try:
        return function(item)
    finally:
        spare.give_back(time.perf_counter() - started)


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
