"""Instances and annotators brought together by what each pair is worth.

Positions stand for keys in rising order: ties go to the lower instance, then to the lower annotator.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from querist_server.engine.crowd.votes import FloatArray, IndexArray

_BAND, _CHUNK = 1 << 22, 1 << 12

BoolArray = npt.NDArray[np.bool_]


@dataclass(eq=False)
class Board:
    """Who has been given what.

    Attributes
    ----------
    left : ndarray of shape (J,), int64
        Answers that each annotator can still give.
    asked : list of N lists of int
        The annotators of each instance, in the order in which they were assigned.
    most_each, most : int
        How many annotators an instance gets at most, and how many pairs there are at most.
    pairs : list of (int, int, float)
        Instance, annotator and worth.
    """

    left: IndexArray
    asked: list[list[int]]
    most_each: int
    most: int
    pairs: list[tuple[int, int, float]] = field(default_factory=list)

    def full(self) -> bool:
        """Whether there are as many pairs as there may be."""
        return len(self.pairs) >= self.most

    def take(self, row: int, column: int, worth: float) -> None:
        """Give an instance to an annotator."""
        self.pairs.append((row, column, worth))
        self.asked[row].append(column)
        self.left[column] -= 1


def by_worth(board: Board, worth: FloatArray, anew: Callable[[int], FloatArray], checkpoint: Callable[[], None]) -> None:
    """Take the pair of most worth again and again, where the worth of an instance's further pairs falls with each.

    First pairs come from one sort; instances that have one wait in a heap by an upper bound, which is looked at anew when it comes to the
    top (the lazy greedy of Minoux 1978): given the class, labels are independent of each other, so that a label never says more after
    another one.

    Parameters
    ----------
    board : Board
    worth : ndarray of shape (N, J), float64
        Negative where the pair must not be. It is overwritten.
    anew : callable
        The worth, (J,), of an instance's pairs given those that it has.
    checkpoint : callable
    """
    worth[:, board.left <= 0] = -1
    waiting = np.array([not asked for asked in board.asked])
    heap: list[tuple[float, int, int]] = []
    for row in np.flatnonzero(~waiting).tolist():
        _wait(board, worth, row, heap)
    for value, row, column in _falling(worth, waiting, board.left, checkpoint):
        while heap and heap[0] < (-value, row, column) and not board.full():
            _step(board, worth, anew, heap)
        if board.full():
            return
        if waiting[row] and board.left[column] > 0:
            waiting[row] = False
            _take(board, worth, row, column, value, heap)
    while heap and not board.full():
        _step(board, worth, anew, heap)


def by_rank(board: Board, allowed: BoolArray, needs: FloatArray, merits: FloatArray, checkpoint: Callable[[], None]) -> None:
    """Give instances by falling need to the annotators of the highest merit; a pair's worth is the product.

    Parameters
    ----------
    board : Board
    allowed : ndarray of shape (N, J), bool
    needs : ndarray of shape (N,), float64
    merits : ndarray of shape (J,), float64
    checkpoint : callable
    """
    order = np.argsort(-merits, kind="stable")
    order = order[board.left[order] > 0]
    for count, row in enumerate(np.argsort(-needs, kind="stable").tolist()):
        if count % 256 == 0:
            checkpoint()
        room = min(board.most_each - len(board.asked[row]), board.most - len(board.pairs))
        open_to = [column for column in order[allowed[row, order]][: board.most_each * 2].tolist() if column not in board.asked[row]]
        for column in open_to[: max(0, room)]:
            board.take(row, column, float(needs[row] * merits[column]))
            if board.left[column] == 0:
                order = order[order != column]
        if board.full() or not len(order):
            break
    board.pairs.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))


def at_random(board: Board, allowed: BoolArray, rows: IndexArray, noise: np.random.Generator, checkpoint: Callable[[], None]) -> None:
    """Give instances, drawn without replacement until all were, to annotators drawn from those who may and can; worth is NaN."""
    while len(rows) and not board.full():
        checkpoint()
        served = []
        for row in noise.permutation(rows).tolist():
            open_to = allowed[row] & (board.left > 0)
            open_to[board.asked[row]] = False
            columns = np.flatnonzero(open_to)
            if len(columns) and len(board.asked[row]) < board.most_each:
                board.take(row, int(columns[noise.integers(len(columns))]), float("nan"))
                served.append(row)
                if board.full():
                    break
        rows = np.sort(np.array(served, np.int64))


def _take(board: Board, worth: FloatArray, row: int, column: int, value: float, heap: list[tuple[float, int, int]]) -> None:
    board.take(row, column, value)
    if board.left[column] == 0:
        worth[:, column] = -1
    _wait(board, worth, row, heap)


def _wait(board: Board, worth: FloatArray, row: int, heap: list[tuple[float, int, int]]) -> None:
    worth[row, board.asked[row]] = -1
    bound = float(worth[row].max())
    if bound >= 0 and len(board.asked[row]) < board.most_each:
        heapq.heappush(heap, (-bound, row, -1))


def _step(board: Board, worth: FloatArray, anew: Callable[[int], FloatArray], heap: list[tuple[float, int, int]]) -> None:
    """Take the pair at the top of the heap, or put the instance where it belongs: annotator -1 stands for a bound."""
    value, row, column = heap[0]
    if column >= 0 and board.left[column] > 0:
        heapq.heappop(heap)
        _take(board, worth, row, column, -value, heap)
        return
    if column < 0 and worth[row].max() >= 0:
        worth[row] = np.where(worth[row] < 0, -1, np.minimum(worth[row], anew(row)))
    best = int(worth[row].argmax())
    if worth[row, best] < 0:
        heapq.heappop(heap)
    else:
        heapq.heapreplace(heap, (-float(worth[row, best]), row, best))


def _falling(worth: FloatArray, waiting: BoolArray, left: IndexArray, checkpoint: Callable[[], None]) -> Iterator[tuple[float, int, int]]:
    """Yield pairs of waiting instances by falling worth; bands of it are sorted one at a time, so that no index of all pairs is needed."""
    flat = worth.reshape(-1)
    bands = -(-flat.size // _BAND)
    sample = np.sort(flat[:: max(1, flat.size // 100_000)])
    above = np.inf
    for floor in [*(float(sample[-(band * len(sample) // bands)]) for band in range(1, bands)), 0.0]:
        if not 0 <= floor < above:
            continue
        checkpoint()
        where = np.flatnonzero((flat >= floor) & (flat < above))
        above = floor
        where = where[waiting[where // len(left)]]
        where = where[np.argsort(-flat[where], kind="stable")]
        for first in range(0, len(where), _CHUNK):
            checkpoint()
            rows, columns = np.divmod(where[first : first + _CHUNK], len(left))
            live = waiting[rows] & (left[columns] > 0)
            rows, columns = rows[live], columns[live]
            yield from zip(worth[rows, columns].tolist(), rows.tolist(), columns.tolist(), strict=True)
